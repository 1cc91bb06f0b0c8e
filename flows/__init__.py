"""What Prefect can run. Settings that every process of a flow needs are set here, before Prefect is imported."""

import os

# Nothing about a user's runs leaves the machine, and a small machine gets the time that a first start takes.
for _name, _value in {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_CLIENT_MAX_RETRIES": "12",  # a server that is down for a minute at the end fails no finished run
}.items():
    os.environ.setdefault(_name, _value)
