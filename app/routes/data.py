"""Ways in and out for mails: imports, accounts, exports, checks."""

from fastapi import APIRouter

router = APIRouter()
