/* The API's shapes; made by `npm run types` from openapi.json, sha256 db153cc1f6358b14dafa1c8dc6922d15b59ccdca6cd33fc019e1a9694ab8accc */
export interface paths {
    "/api/queue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show Queue
         * @description The mails to label next, with what the champion says of them; one in ten without, one in ten drawn by chance.
         */
        get: operations["show_queue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/mails": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Mails
         * @description The mails that were asked for, newest first.
         */
        get: operations["list_mails"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/mails/{id}/alike": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Alike
         * @description Mails that wait for a label and say nearly the same.
         */
        get: operations["list_alike"];
        put?: never;
        /**
         * Label Alike
         * @description One label for those of the mails that wait for one; a single undo takes all of them back.
         */
        post: operations["label_alike"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/mails/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show Mail
         * @description One mail; its ETag is its version.
         */
        get: operations["show_mail"];
        put?: never;
        post?: never;
        /**
         * Delete Mail
         * @description Discard it; can be undone.
         */
        delete: operations["delete_mail"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/mails/{id}/label": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Label Mail
         * @description Label a mail; 412 where somebody said something of it since. Sent again, it is not said again.
         */
        put: operations["label_mail"];
        post?: never;
        /**
         * Take Label Away
         * @description The mail waits for a label again; can be undone.
         */
        delete: operations["take_label_away"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/label": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Label By Body
         * @description The same, with the mail's id in the body.
         */
        post: operations["label_by_body"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/mails/{id}/skip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Skip Mail
         * @description Ask for it later.
         */
        post: operations["skip_mail"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/mails/{id}/discard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Discard Mail
         * @description Ask for it no more and do not learn from it, whatever is said of it elsewhere; a label brings it back.
         */
        post: operations["discard_mail"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/skip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Skip By Body
         * @description Ask for it later.
         */
        post: operations["skip_by_body"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/discard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Discard By Body
         * @description Ask for it no more and do not learn from it.
         */
        post: operations["discard_by_body"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List History
         * @description What people said and did, newest first.
         */
        get: operations["list_history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Undo
         * @description Take back what you said last, all of it if it was said at once; 409 where `event` is not that.
         */
        post: operations["undo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/label/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Undo Label
         * @description The same.
         */
        delete: operations["undo_label"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/labels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Labels
         * @description The labels with their keys, colours, descriptions and targets.
         */
        get: operations["list_labels"];
        /**
         * Set Labels
         * @description Change how they are shown and given; 422 points at a key that is taken, or none.
         */
        put: operations["set_labels"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/config/labels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Config Labels
         * @description The same as /api/labels.
         */
        get: operations["list_config_labels"];
        /**
         * Set Config Labels
         * @description The same as /api/labels.
         */
        put: operations["set_config_labels"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show Statistics
         * @description How many mails there are, with which labels, and whether they are enough to train on.
         */
        get: operations["show_statistics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/imports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Imports
         * @description Imports and fetches over HTTP, the newest first.
         */
        get: operations["list_imports"];
        put?: never;
        /**
         * Begin Import
         * @description Take in the file that is the body; it goes on in the background, and Location says where to ask how far it is.
         *
         *     `column=OURS=THEIRS` and `label=THEIRS=OURS` say what the file calls things; the recipe remembers them.
         */
        post: operations["begin_import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/imports/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show Import
         * @description How far one is, or what it came to.
         */
        get: operations["show_import"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/quarantine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Quarantine
         * @description What imports and nights set aside, the newest first.
         */
        get: operations["list_quarantine"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/quarantine/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show Quarantine
         * @description What one of them set aside: file, place and reason; never a text.
         */
        get: operations["show_quarantine"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/suspects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Suspects
         * @description Conflicts, labels that are likely wrong and odd lengths, as the recipe's last run saw them; all at once.
         */
        get: operations["list_suspects"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/checks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show Checks
         * @description Tonight's rows checked as a night would; nothing is changed.
         */
        get: operations["show_checks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/exports/labels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export Labels
         * @description Every labelled mail as a file, to read elsewhere or to import again: this is mail.
         */
        get: operations["export_labels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Accounts
         * @description Every mailbox, and when it was read last.
         */
        get: operations["list_accounts"];
        put?: never;
        /**
         * Add Account
         * @description Keep a mailbox to fetch from; `help` says how its password is given.
         */
        post: operations["add_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/accounts/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove Account
         * @description Forget it, and how far it was read; mails that came from it stay.
         */
        delete: operations["remove_account"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/accounts/{name}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Test Account
         * @description Log in and look, and change nothing; 422 says what is wrong, or how to give the password.
         */
        post: operations["test_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/accounts/{name}/fetch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Fetch Account
         * @description Take in what is new, in the background, as an import.
         */
        post: operations["fetch_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show Settings
         * @description Whether anything is trained, from how many labels on, and whether new labels start a run.
         */
        get: operations["show_settings"];
        /**
         * Set Settings
         * @description Change them, all or none.
         */
        put: operations["set_settings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/recipes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Recipes
         * @description What can be learned here; `collection` is null where the recipe reads files only.
         */
        get: operations["list_recipes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show Health
         * @description For a program that waits until this one answers; no token is asked for, and nothing is told.
         */
        get: operations["show_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/version": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show Version
         * @description Which Avocet this is; no token is asked for.
         */
        get: operations["show_version"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Runs
         * @description The runs of a recipe, newest first.
         */
        get: operations["list_runs"];
        put?: never;
        /**
         * Start Run
         * @description Start a run; its events tell how it goes. 409 while another waits or is at work, and where there is too little to learn from.
         */
        post: operations["start_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show Run
         * @description One run, by its number or its name.
         */
        get: operations["show_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel Run
         * @description Have a run end. It takes a moment; its last event says so. The champion stays as it was.
         */
        post: operations["cancel_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/schedule": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show Schedule
         * @description When Avocet runs by itself, and what the latest runs came to.
         */
        get: operations["show_schedule"];
        /**
         * Change Schedule
         * @description Switch the nights on or off, or move them. 409 without a Prefect server.
         */
        put: operations["change_schedule"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Run Events
         * @description A run's events, from its first one or from behind Last-Event-ID, as they come; ends with the run.
         */
        get: operations["run_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/finetune/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel Finetune
         * @description Have the run end that is training. 404 where none is.
         */
        post: operations["cancel_finetune"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/benchmark/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel Benchmark
         * @description Have the run end that only judges. 404 where none does.
         */
        post: operations["cancel_benchmark"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/api/start-training": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start Training
         * @description Start a run in the background. 409 for too few examples, while another is at work, and where training is switched off.
         */
        post: operations["start_training"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/api/training-status/{run_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Training Status
         * @description How far a run is.
         */
        get: operations["training_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/finetune/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Finetune
         * @description Start a run, or attach to one that was started with the same words, and follow its log. 409 while another is at work.
         */
        get: operations["finetune"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/benchmark/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Benchmark
         * @description Score the champion, the newest versions and the baselines on the holdout, and keep the scores; nothing is trained.
         */
        get: operations["benchmark"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Models
         * @description The recipe's versions, newest first, and damaged ones, whosever they are.
         */
        get: operations["list_models"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/models/compare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Compare Models
         * @description Two versions line by line and, where one run judged both, the difference and the mails that b fixed and broke.
         */
        get: operations["compare_models"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/models/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Roll Back
         * @description Make a former champion the champion again.
         */
        post: operations["roll_back"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/models/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import Model
         * @description Take in the zip that an export gave (the body), as a candidate: no champion changes.
         */
        post: operations["import_model"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/models/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show Model
         * @description All that is known of one version, with its card in the last run that judged it.
         */
        get: operations["show_model"];
        put?: never;
        post?: never;
        /**
         * Remove Model
         * @description Remove a version that never was a champion; its files are gone then.
         */
        delete: operations["remove_model"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/models/{id}/mails": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Mails Behind
         * @description The mails behind a cell of the confusion matrix, from the last run that judged the version.
         */
        get: operations["mails_behind"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/models/{id}/deploy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Promote Model
         * @description Make the version champion, as the last gate that judged it has decided; 409 has the gate's reasons.
         */
        post: operations["promote_model"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/exports/models/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export Model
         * @description The version as a zip, with its model card and metrics; no mail is in it.
         */
        get: operations["export_model"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/decisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Decisions
         * @description Every promotion, refusal, rollback and forced promotion of the recipe, newest first.
         */
        get: operations["list_decisions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/finetune/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Finetune Status
         * @description The newest version under each name, newest first; a bare array, empty where nothing was trained.
         */
        get: operations["finetune_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/benchmark/results": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Benchmark Results
         * @description Everybody's card of the recipe's last run, best first, with the verdict; no cards where there was no run.
         */
        get: operations["benchmark_results"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/api/deploy-model/{run_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Deploy Model
         * @description Make the run's version champion, as the gate has decided; 409 has the gate's reasons.
         */
        post: operations["deploy_model"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/api/rollback-model": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rollback Model
         * @description Back to the champion before the present one; 409 where there was none, since no base model answers without one.
         */
        post: operations["rollback_model"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/api/export-model/{run_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export Run
         * @description The run's version as a zip. With `with_training_data` it holds mail: then keep it as you keep your mailbox.
         */
        get: operations["export_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/classify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Classify
         * @description Label up to 1,000 mails with the recipe's champion: `{"rows": [...]}`, or the bare array of rows.
         */
        post: operations["classify"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/model-info": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Model Info
         * @description Which version answers, what it scored, and why it is not the champion, where it is not.
         */
        get: operations["model_info"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/api/training-stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show Training Stats
         * @description How many labels there are of each kind, whether they are enough, and how many each label should get.
         */
        get: operations["show_training_stats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/api/training-examples": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Training Examples
         * @description A page of labelled mails as a bare list: X-Total-Count says how many there are, Link where the next page is.
         */
        get: operations["list_training_examples"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/api/training-example/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove Training Example
         * @description Take its label away; the mail stays, and the deletion can be undone.
         */
        delete: operations["remove_training_example"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tickets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give Ticket
         * @description A page that wants to open `/api/finetune/run` or `/api/benchmark/run` asks for one first.
         */
        post: operations["give_ticket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * AlikeSaid
         * @description One label for several mails.
         */
        AlikeSaid: {
            /** Label */
            label: string;
            /** Ids */
            ids: string[];
        };
        /**
         * Answer
         * @description One answer: `scores` are probabilities, best first; `abstained`: too unsure for the recipe to act upon.
         */
        Answer: {
            /** Label */
            label: string;
            /** Confidence */
            confidence: number;
            /** Abstained */
            abstained: boolean;
            /** Scores */
            scores: {
                [key: string]: number;
            };
            /** Version */
            version: string;
            /** Engine */
            engine: string;
            /** Template */
            template: string;
        };
        /**
         * Answers
         * @description One answer a row, in the rows' order, all by the same version.
         */
        Answers: {
            /** Items */
            items: components["schemas"]["Answer"][];
        };
        /**
         * Asked
         * @description What is to be classified: each row has the fields of the recipe's template, or only a `text`.
         */
        Asked: {
            /**
             * Rows
             * @example [
             *       {
             *         "body": "is on Monday",
             *         "subject": "Your interview"
             *       },
             *       {
             *         "text": "Ten new jobs"
             *       }
             *     ]
             */
            rows: {
                [key: string]: unknown;
            }[];
        };
        /**
         * AttemptEvent
         * @description A training begins; from 1 on it is one that ran out of memory before, and `setting` says what is tried.
         */
        AttemptEvent: {
            /** Candidate */
            candidate: string;
            /** At */
            at?: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "attempt";
            /** Attempt */
            attempt: number;
            /** Setting */
            setting: string;
        };
        /**
         * Back
         * @description To which version, and whose; the champion before the present one, and the recipe of the query, if not given.
         */
        Back: {
            /** Recipe */
            recipe?: string | null;
            /** Version */
            version?: string | null;
        };
        /**
         * Cancel
         * @description The run was told to end.
         */
        Cancel: {
            /**
             * Status
             * @constant
             */
            status: "cancelled";
        };
        /**
         * Cancelled
         * @description Somebody stopped it.
         */
        Cancelled: {
            /**
             * Type
             * @constant
             */
            type: "cancelled";
        };
        /**
         * Card
         * @description One contestant on the `n` rows of a run's holdout; with `error` set there are no numbers.
         *
         *     `confusion`: row i, column j = rows of labels[i] that were predicted as labels[j]; sizes in bytes, of its own files.
         */
        Card: {
            /** Name */
            name: string;
            /** Candidate */
            candidate: string;
            /**
             * Role
             * @enum {string}
             */
            role: "champion" | "challenger" | "candidate" | "baseline";
            /** Macro F1 */
            macro_f1: number | null;
            /** Lo */
            lo: number | null;
            /** Hi */
            hi: number | null;
            /** Accuracy */
            accuracy: number | null;
            /** Ms Per Mail */
            ms_per_mail: number | null;
            /** Size Bytes */
            size_bytes: number | null;
            /** Engine */
            engine: string | null;
            /** Engine Why */
            engine_why: string | null;
            /** N */
            n: number;
            /** Top K */
            top_k: {
                [key: string]: number;
            } | null;
            /** Per Label */
            per_label: components["schemas"]["LabelCard"][];
            /** Labels */
            labels: string[];
            /** Confusion */
            confusion: number[][];
            /** Calibration Error */
            calibration_error: number | null;
            /** Error */
            error: string | null;
        };
        /**
         * Changed
         * @description A mail that one of the two answers rightly and the other wrongly; `title` is null where its words are gone.
         */
        Changed: {
            /** Id */
            id: string;
            /** Title */
            title: string | null;
            /** True */
            true: string;
            /** A */
            a: string;
            /** B */
            b: string;
        };
        /**
         * Checks
         * @description What a night would find: n_lines == n_unusable + n_other_label + n_quarantined + n_kept; `stopped`: and stop at.
         */
        Checks: {
            /** N Lines */
            n_lines: number;
            /** N Unusable */
            n_unusable: number;
            /** N Quarantined */
            n_quarantined: number;
            /** N Other Label */
            n_other_label: number;
            /** N Kept */
            n_kept: number;
            /** Other Labels */
            other_labels: {
                [key: string]: number;
            };
            /** Label Counts */
            label_counts: {
                [key: string]: number;
            };
            /** Dropped Labels */
            dropped_labels: string[];
            /** N Rules */
            n_rules: number;
            /** Rows Digest */
            rows_digest: string;
            /** Reasons */
            reasons: {
                [key: string]: number;
            };
            /** Findings */
            findings: components["schemas"]["Found"][];
            /** Stopped */
            stopped: boolean;
        };
        /**
         * Comparison
         * @description Two versions: line by line, and by the last run that judged both on the same rows (if there is one).
         *
         *     `fixed`: mails that a has wrong and b right; `broken`: the other way round.
         */
        Comparison: {
            /** A */
            a: string;
            /** B */
            b: string;
            /** Lines */
            lines: components["schemas"]["Line"][];
            /** Together */
            together: [
                components["schemas"]["Score"],
                components["schemas"]["Score"]
            ] | null;
            /** Sentence */
            sentence: string;
            difference?: components["schemas"]["Difference"] | null;
            /**
             * Fixed
             * @default []
             */
            fixed: components["schemas"]["Changed"][];
            /**
             * Broken
             * @default []
             */
            broken: components["schemas"]["Changed"][];
        };
        /**
         * Complete
         * @description It is done.
         */
        Complete: {
            /**
             * Type
             * @constant
             */
            type: "complete";
        };
        /**
         * Condition
         * @description One condition of the gate.
         */
        Condition: {
            /** Name */
            name: string;
            /** Wanted */
            wanted: string;
            /** Found */
            found: string;
            /** Held */
            held: boolean;
        };
        /**
         * DataView
         * @description The rows of a run: how many were used, of each label, which labels had too few, how many were set aside.
         */
        DataView: {
            /** N Rows */
            n_rows: number;
            /** By Label */
            by_label: {
                [key: string]: number;
            };
            /** Dropped */
            dropped: string[];
            /** Quarantined */
            quarantined: number;
        };
        /**
         * Difference
         * @description Macro-F1 of b minus that of a on the same rows, its 95 % interval, and how sure it is that b is better.
         */
        Difference: {
            /** Macro F1 */
            macro_f1: number;
            /** Lo */
            lo: number;
            /** Hi */
            hi: number;
            /** P Better */
            p_better: number;
        };
        /**
         * DoneEvent
         * @description A training, or the judging, is over.
         */
        DoneEvent: {
            /** Candidate */
            candidate: string;
            /** At */
            at?: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "done";
        } & {
            [key: string]: unknown;
        };
        /**
         * EndEvent
         * @description The last event of every run; `reason` is the short code of an error that ended it.
         */
        EndEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "end";
            /**
             * Status
             * @enum {string}
             */
            status: "completed" | "failed" | "cancelled";
            /**
             * Outcome
             * @enum {string}
             */
            outcome: "promoted" | "refused" | "no_change" | "failed" | "cancelled" | "stopped" | "running";
            /** Sentence */
            sentence: string;
            /** At */
            at: string;
            /** Reason */
            reason?: string | null;
        };
        /**
         * Error
         * @description It failed.
         */
        Error: {
            /**
             * Type
             * @constant
             */
            type: "error";
            /** Message */
            message: string;
        };
        /**
         * ErrorEvent
         * @description A training failed; the log has more.
         */
        ErrorEvent: {
            /** Candidate */
            candidate: string;
            /** At */
            at?: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "error";
            /** Reason */
            reason: string;
            /** Message */
            message: string;
            /**
             * Kept
             * @default true
             */
            kept: boolean;
        };
        /**
         * Event
         * @description One event; `undone`: somebody took it back since.
         */
        Event: {
            /** Seq */
            seq: number;
            /** Row Id */
            row_id: string;
            /** Title */
            title: string;
            /** Label */
            label: string | null;
            /**
             * Kind
             * @enum {string}
             */
            kind: "label" | "correction" | "confirmation" | "deletion" | "skip" | "discard" | "undo";
            /** Labeled At */
            labeled_at: string | null;
            /** Who */
            who: string;
            /** Predicted */
            predicted: string | null;
            /** Confidence */
            confidence: number | null;
            /** Version */
            version: string | null;
            /** Undone */
            undone: boolean;
        };
        /**
         * FinetuneStatus
         * @description Document 0's shape of a fine-tuned model; `sample_count` is all rows that its night used.
         */
        FinetuneStatus: {
            /** Name */
            name: string;
            /** Base Model */
            base_model: string | null;
            /** Val Macro F1 */
            val_macro_f1: number | null;
            /** Timestamp */
            timestamp: string | null;
            /** Sample Count */
            sample_count: number | null;
        };
        /**
         * Found
         * @description One rule that did not hold; `where`: ids of rows, or labels.
         */
        Found: {
            /**
             * Severity
             * @enum {string}
             */
            severity: "critical" | "warning" | "info";
            /** Rule */
            rule: string;
            /**
             * Outcome
             * @enum {string}
             */
            outcome: "stop" | "drop-label" | "quarantine" | "warn" | "note";
            /** Message */
            message: string;
            /** N */
            n: number;
            /** Where */
            where: string[];
        };
        /**
         * Health
         * @description It answers.
         */
        Health: {
            /**
             * Status
             * @constant
             */
            status: "ok";
        };
        /**
         * Imported
         * @description A version that came in; `note` says what it cannot do yet.
         */
        Imported: {
            /** Version */
            version: string;
            /** Recipe */
            recipe: string;
            /** Candidate */
            candidate: string;
            /** Note */
            note: string;
        };
        /**
         * Job
         * @description One import; the counts grow while it runs, all but `n_read` at its end. `n_twice`: came twice in one import.
         */
        Job: {
            /** Id */
            id: string;
            /**
             * Status
             * @enum {string}
             */
            status: "running" | "done" | "failed";
            /** Filename */
            filename: string;
            /**
             * Dry Run
             * @default false
             */
            dry_run: boolean;
            /**
             * N Read
             * @default 0
             */
            n_read: number;
            /**
             * N New
             * @default 0
             */
            n_new: number;
            /**
             * N Known
             * @default 0
             */
            n_known: number;
            /**
             * N Twice
             * @default 0
             */
            n_twice: number;
            /**
             * N Labelled
             * @default 0
             */
            n_labelled: number;
            /**
             * N Other
             * @default 0
             */
            n_other: number;
            /**
             * N Aside
             * @default 0
             */
            n_aside: number;
            /** Quarantine */
            quarantine?: string | null;
            /** Error */
            error?: string | null;
        };
        /**
         * JudgedMail
         * @description One row as a version answered it; `fields` are empty until `with_words` was asked, or where they are gone.
         */
        JudgedMail: {
            /** Id */
            id: string;
            /** Fields */
            fields: {
                [key: string]: string;
            };
            /** True */
            true: string;
            /** Predicted */
            predicted: string;
            /** Confidence */
            confidence: number | null;
        };
        /**
         * KnownAccount
         * @description A mailbox, and how its password is given.
         */
        KnownAccount: {
            /** Name */
            name: string;
            /** Collection */
            collection: string;
            /** Host */
            host: string;
            /** Port */
            port: number;
            /**
             * Security
             * @enum {string}
             */
            security: "tls" | "starttls" | "none";
            /** Username */
            username: string;
            /**
             * Folder
             * @default INBOX
             */
            folder: string;
            /** Uidvalidity */
            uidvalidity?: number | null;
            /** Last Uid */
            last_uid?: number | null;
            /** Fetched At */
            fetched_at?: string | null;
            /**
             * Help
             * @default
             */
            help: string;
        };
        /**
         * LabelCard
         * @description One label's scores over `n` judged rows; F1 lies between `lo` and `hi` (95 %), null where no row was judged.
         */
        LabelCard: {
            /** Label */
            label: string;
            /** Precision */
            precision: number;
            /** Recall */
            recall: number;
            /** F1 */
            f1: number;
            /** Lo */
            lo: number | null;
            /** Hi */
            hi: number | null;
            /** N */
            n: number;
        };
        /**
         * LabelList
         * @description The recipe's labels, in its order.
         */
        LabelList: {
            /** Items */
            items: components["schemas"]["LabelLook"][];
        };
        /**
         * LabelLook
         * @description One label; `key` is one character or empty, `target` how many mails should have it (None: nobody said).
         */
        LabelLook: {
            /** Name */
            name: string;
            /** Key */
            key: string;
            /** Colour */
            colour: string;
            /**
             * Description
             * @default
             */
            description: string;
            /** Target */
            target?: number | null;
        };
        /**
         * Labelled
         * @description How many mails got the label.
         */
        Labelled: {
            /** N */
            n: number;
        };
        /**
         * Line
         * @description One thing known of both, such as the method.
         */
        Line: {
            /** What */
            what: string;
            /** A */
            a: unknown;
            /** B */
            b: unknown;
        };
        /**
         * Listed
         * @description One recipe; `collection`: whose mails are labelled for it, `problem`: why it cannot be read.
         */
        Listed: {
            /** Name */
            name: string;
            /** About */
            about: string;
            /** Labels */
            labels: string[];
            /** Candidates */
            candidates: components["schemas"]["ListedCandidate"][];
            /** Collection */
            collection: string | null;
            /** Rows */
            rows: string[];
            /** Champion */
            champion: string | null;
            /** Problem */
            problem?: string | null;
        };
        /**
         * ListedCandidate
         * @description A candidate of a recipe.
         */
        ListedCandidate: {
            /** Name */
            name: string;
            /** Method */
            method: string;
            /** Base */
            base: string | null;
        };
        /**
         * LogEvent
         * @description One sentence.
         */
        LogEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "log";
            /** Message */
            message: string;
            /**
             * Level
             * @enum {string}
             */
            level: "info" | "warning" | "error";
            /** At */
            at: string;
        };
        /**
         * Mail
         * @description A mail as a page shows it; `version` counts what was said of it (0: nothing), so that two people notice each other.
         */
        Mail: {
            /** Id */
            id: string;
            /** Fields */
            fields: {
                [key: string]: string;
            };
            /** Headers */
            headers: {
                [key: string]: string;
            };
            /** Source */
            source: string;
            /** Imported At */
            imported_at: string;
            /** Label */
            label: string | null;
            /** Labeled At */
            labeled_at: string | null;
            /** Who */
            who: string | null;
            /** Kind */
            kind: ("label" | "correction" | "confirmation" | "deletion" | "skip" | "discard" | "undo") | null;
            /** Predicted */
            predicted: string | null;
            /** Confidence */
            confidence: number | null;
            /** Version */
            version: number;
            /** Discarded */
            discarded: boolean;
            /** Skipped */
            skipped: boolean;
            /** Used In Run */
            used_in_run: number | null;
        };
        /**
         * Metrics
         * @description What the last run that judged a version found, on `n` rows of its holdout; `lo`..`hi` is macro-F1's 95 % interval.
         */
        Metrics: {
            /** Run */
            run: string;
            /** N */
            n: number;
            /** Macro F1 */
            macro_f1: number | null;
            /** Lo */
            lo: number | null;
            /** Hi */
            hi: number | null;
            /** Accuracy */
            accuracy: number | null;
        };
        /**
         * MetricsEvent
         * @description One epoch, on the validation rows. `kept` is false in a fold that is only scored.
         */
        MetricsEvent: {
            /** Candidate */
            candidate: string;
            /** At */
            at?: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "metrics";
            /** Epoch */
            epoch: number;
            /** Of */
            of: number;
            /** Macro F1 */
            macro_f1?: number | null;
            /** Accuracy */
            accuracy?: number | null;
            /** Loss */
            loss?: number | null;
            /**
             * Kept
             * @default true
             */
            kept: boolean;
        } & {
            [key: string]: unknown;
        };
        /**
         * Model
         * @description One version. Its scores are those of the night it was trained on, and not to be compared.
         */
        Model: {
            /** Name */
            name: string;
            /** Base Model */
            base_model: string | null;
            /** Val Macro F1 */
            val_macro_f1: number | null;
            /** Timestamp */
            timestamp: string | null;
            /** Sample Count */
            sample_count: number | null;
            /** Version */
            version: string;
            /** Recipe */
            recipe: string | null;
            /** Candidate */
            candidate: string | null;
            /** Method */
            method: string | null;
            /** Holdout Macro F1 */
            holdout_macro_f1: number | null;
            /** Champion */
            champion: boolean;
            /** Was Champion */
            was_champion: boolean;
            /** Damaged */
            damaged: string | null;
        };
        /**
         * ModelDetail
         * @description One version with its training_info.json, and its card in the last run that judged it.
         */
        ModelDetail: {
            /** Name */
            name: string;
            /** Base Model */
            base_model: string | null;
            /** Val Macro F1 */
            val_macro_f1: number | null;
            /** Timestamp */
            timestamp: string | null;
            /** Sample Count */
            sample_count: number | null;
            /** Version */
            version: string;
            /** Recipe */
            recipe: string | null;
            /** Candidate */
            candidate: string | null;
            /** Method */
            method: string | null;
            /** Holdout Macro F1 */
            holdout_macro_f1: number | null;
            /** Champion */
            champion: boolean;
            /** Was Champion */
            was_champion: boolean;
            /** Damaged */
            damaged: string | null;
            /** Info */
            info: {
                [key: string]: unknown;
            };
            card: components["schemas"]["Card"] | null;
            /** Card Run */
            card_run: string | null;
        };
        /**
         * ModelInfo
         * @description Who answers: `base` where no version is in use. `problem`: why it is not the version that it should be.
         *
         *     `coming`: the champion, where it is still being loaded; it answers within moments.
         */
        ModelInfo: {
            /**
             * Type
             * @enum {string}
             */
            type: "base" | "finetuned";
            /** Version */
            version: string | null;
            /** Recipe */
            recipe: string;
            metrics: components["schemas"]["Metrics"] | null;
            /** Problem */
            problem: string | null;
            /** Coming */
            coming?: string | null;
        };
        /**
         * Moved
         * @description The champion of `recipe` is now `version`; it was `before`.
         */
        Moved: {
            /** Recipe */
            recipe: string;
            /** Version */
            version: string;
            /** Before */
            before: string | null;
            /** Sentence */
            sentence: string;
        };
        /**
         * NewAccount
         * @description A mailbox to fetch from; `collection` is the recipe's if not given, `port` 993 with tls, else 143.
         */
        NewAccount: {
            /** Name */
            name: string;
            /** Host */
            host: string;
            /** Username */
            username: string;
            /** Port */
            port?: number | null;
            /**
             * Security
             * @default tls
             * @enum {string}
             */
            security: "tls" | "starttls" | "none";
            /**
             * Folder
             * @default INBOX
             */
            folder: string;
            /** Collection */
            collection?: string | null;
        };
        /**
         * NewRun
         * @description What a run shall do; what is not given is as the recipe says. `model` is a candidate, or a version to judge.
         */
        NewRun: {
            /** Recipe */
            recipe?: string | null;
            /** Model */
            model?: string | null;
            /** Epochs */
            epochs?: number | null;
            /** Learning Rate */
            learning_rate?: number | null;
            /**
             * Rank
             * @description of the candidates that are trained by lora
             */
            rank?: number | null;
            shares?: components["schemas"]["NewShares"] | null;
        };
        /**
         * NewSchedule
         * @description What shall change of the schedule.
         */
        NewSchedule: {
            /** Active */
            active?: boolean | null;
            /** Cron */
            cron?: string | null;
            /** Timezone */
            timezone?: string | null;
        };
        /**
         * NewShares
         * @description Of the rows that have no side yet; the rest is learned from.
         */
        NewShares: {
            /** Validation */
            validation: number;
            /** Holdout */
            holdout: number;
        };
        /**
         * Night
         * @description What one run came to.
         */
        Night: {
            /** Id */
            id: number;
            /** At */
            at: string;
            /**
             * Outcome
             * @enum {string}
             */
            outcome: "promoted" | "refused" | "no_change" | "failed" | "cancelled" | "stopped" | "running";
            /** Sentence */
            sentence: string | null;
        };
        /**
         * NoteEvent
         * @description What there is to know of a training.
         */
        NoteEvent: {
            /** Candidate */
            candidate: string;
            /** At */
            at?: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "note";
            /** Message */
            message: string;
            /**
             * Kept
             * @default true
             */
            kept: boolean;
        };
        /**
         * OomEvent
         * @description The memory did not do: what ran out, what is tried next, or what holds it.
         */
        OomEvent: {
            /** Candidate */
            candidate: string;
            /** At */
            at?: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "oom";
            /** Message */
            message: string;
        };
        /**
         * Page
         * @description Some of `total` items; `next_cursor` fetches the next ones.
         */
        Page_Event_: {
            /** Items */
            items: components["schemas"]["Event"][];
            /** Total */
            total: number;
            /** Next Cursor */
            next_cursor?: string | null;
        };
        /**
         * Page
         * @description Some of `total` items; `next_cursor` fetches the next ones.
         */
        Page_Job_: {
            /** Items */
            items: components["schemas"]["Job"][];
            /** Total */
            total: number;
            /** Next Cursor */
            next_cursor?: string | null;
        };
        /**
         * Page
         * @description Some of `total` items; `next_cursor` fetches the next ones.
         */
        Page_JudgedMail_: {
            /** Items */
            items: components["schemas"]["JudgedMail"][];
            /** Total */
            total: number;
            /** Next Cursor */
            next_cursor?: string | null;
        };
        /**
         * Page
         * @description Some of `total` items; `next_cursor` fetches the next ones.
         */
        Page_KnownAccount_: {
            /** Items */
            items: components["schemas"]["KnownAccount"][];
            /** Total */
            total: number;
            /** Next Cursor */
            next_cursor?: string | null;
        };
        /**
         * Page
         * @description Some of `total` items; `next_cursor` fetches the next ones.
         */
        Page_Listed_: {
            /** Items */
            items: components["schemas"]["Listed"][];
            /** Total */
            total: number;
            /** Next Cursor */
            next_cursor?: string | null;
        };
        /**
         * Page
         * @description Some of `total` items; `next_cursor` fetches the next ones.
         */
        Page_Mail_: {
            /** Items */
            items: components["schemas"]["Mail"][];
            /** Total */
            total: number;
            /** Next Cursor */
            next_cursor?: string | null;
        };
        /**
         * Page
         * @description Some of `total` items; `next_cursor` fetches the next ones.
         */
        Page_Model_: {
            /** Items */
            items: components["schemas"]["Model"][];
            /** Total */
            total: number;
            /** Next Cursor */
            next_cursor?: string | null;
        };
        /**
         * Page
         * @description Some of `total` items; `next_cursor` fetches the next ones.
         */
        Page_RunView_: {
            /** Items */
            items: components["schemas"]["RunView"][];
            /** Total */
            total: number;
            /** Next Cursor */
            next_cursor?: string | null;
        };
        /**
         * Page
         * @description Some of `total` items; `next_cursor` fetches the next ones.
         */
        Page_SetAside_: {
            /** Items */
            items: components["schemas"]["SetAside"][];
            /** Total */
            total: number;
            /** Next Cursor */
            next_cursor?: string | null;
        };
        /**
         * Page
         * @description Some of `total` items; `next_cursor` fetches the next ones.
         */
        Page_Suspect_: {
            /** Items */
            items: components["schemas"]["Suspect"][];
            /** Total */
            total: number;
            /** Next Cursor */
            next_cursor?: string | null;
        };
        /**
         * Page
         * @description Some of `total` items; `next_cursor` fetches the next ones.
         */
        Page_Told_: {
            /** Items */
            items: components["schemas"]["Told"][];
            /** Total */
            total: number;
            /** Next Cursor */
            next_cursor?: string | null;
        };
        /**
         * Page
         * @description Some of `total` items; `next_cursor` fetches the next ones.
         */
        Page_Unusable_: {
            /** Items */
            items: components["schemas"]["Unusable"][];
            /** Total */
            total: number;
            /** Next Cursor */
            next_cursor?: string | null;
        };
        /**
         * PhaseEvent
         * @description Within a training.
         */
        PhaseEvent: {
            /** Candidate */
            candidate: string;
            /** At */
            at?: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "phase";
            /** Phase */
            phase: string;
            /**
             * Kept
             * @default true
             */
            kept: boolean;
        };
        /**
         * Prediction
         * @description What the person saw: label, confidence (0..1) and which version said so.
         */
        Prediction: {
            /** Label */
            label: string;
            /** Confidence */
            confidence: number;
            /** Version */
            version: string;
        };
        /**
         * Progress
         * @description One line of the log.
         */
        Progress: {
            /**
             * Type
             * @constant
             */
            type: "progress";
            /** Message */
            message: string;
        };
        /**
         * ProgressEvent
         * @description So many steps of a training, or of judging (candidate `benchmark`). `kept` is false in a fold that is only scored.
         */
        ProgressEvent: {
            /** Candidate */
            candidate: string;
            /** At */
            at?: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "progress";
            /** Step */
            step: number;
            /** Of */
            of: number | null;
            /** Message */
            message?: string | null;
            /**
             * Kept
             * @default true
             */
            kept: boolean;
        };
        /**
         * Queue
         * @description The next mails; `total` wait, of which `skipped` were left for later and `left` were not.
         */
        Queue: {
            /** Items */
            items: components["schemas"]["QueuedMail"][];
            /** Total */
            total: number;
            /** Next Cursor */
            next_cursor: string | null;
            /** Labelled Today */
            labelled_today: number;
            /** Left */
            left: number;
            /** Skipped */
            skipped: number;
        };
        /**
         * QueuedMail
         * @description One mail to label: what the champion says (None without one, or if `blind`), and whether it was drawn at random.
         */
        QueuedMail: {
            mail: components["schemas"]["Mail"];
            suggestion: components["schemas"]["Prediction"] | null;
            /** Drawn */
            drawn: boolean;
            /** Blind */
            blind: boolean;
        };
        /**
         * Results
         * @description The last run's cards, best first; `sample_count` rows of its holdout. Without a run there are no cards.
         */
        Results: {
            /** Recipe */
            recipe: string;
            /** Run */
            run: string | null;
            /** Timestamp */
            timestamp: string | null;
            /** Sample Count */
            sample_count: number;
            /** Labels */
            labels: string[];
            /** Models */
            models: components["schemas"]["Card"][];
            verdict: components["schemas"]["VerdictTold"] | null;
        };
        /**
         * RunDetail
         * @description A run with all that its files tell; `progress` is 0..1.
         */
        RunDetail: {
            /** Id */
            id: number;
            /** Run */
            run: string;
            /** Recipe */
            recipe: string;
            /** Created At */
            created_at: string;
            /**
             * Status
             * @enum {string}
             */
            status: "preparing" | "training" | "evaluating" | "completed" | "failed";
            /** Num Training Examples */
            num_training_examples: number | null;
            /** Num Validation Examples */
            num_validation_examples: number | null;
            /** Num Test Examples */
            num_test_examples: number | null;
            /** Training Config */
            training_config: {
                [key: string]: unknown;
            };
            /** Results */
            results: {
                [key: string]: unknown;
            } | null;
            /** Model Path */
            model_path: string | null;
            /** Improvement Over Baseline */
            improvement_over_baseline: number | null;
            /** Completed At */
            completed_at: string | null;
            /** Sentence */
            sentence: string | null;
            /**
             * Outcome
             * @enum {string}
             */
            outcome: "promoted" | "refused" | "no_change" | "failed" | "cancelled" | "stopped" | "running";
            /** Live */
            live: boolean;
            /** Flow Run Url */
            flow_run_url: string | null;
            /** Progress */
            progress: number;
            /** Stages */
            stages: components["schemas"]["Stage"][];
            verdict: components["schemas"]["VerdictView"] | null;
            /** Cards */
            cards: components["schemas"]["Card"][] | null;
            data: components["schemas"]["DataView"] | null;
        };
        /**
         * RunView
         * @description A run, what came of it, whether it waits or is at work, and its page where an orchestrator shows it.
         */
        RunView: {
            /** Id */
            id: number;
            /** Run */
            run: string;
            /** Recipe */
            recipe: string;
            /** Created At */
            created_at: string;
            /**
             * Status
             * @enum {string}
             */
            status: "preparing" | "training" | "evaluating" | "completed" | "failed";
            /** Num Training Examples */
            num_training_examples: number | null;
            /** Num Validation Examples */
            num_validation_examples: number | null;
            /** Num Test Examples */
            num_test_examples: number | null;
            /** Training Config */
            training_config: {
                [key: string]: unknown;
            };
            /** Results */
            results: {
                [key: string]: unknown;
            } | null;
            /** Model Path */
            model_path: string | null;
            /** Improvement Over Baseline */
            improvement_over_baseline: number | null;
            /** Completed At */
            completed_at: string | null;
            /** Sentence */
            sentence: string | null;
            /**
             * Outcome
             * @enum {string}
             */
            outcome: "promoted" | "refused" | "no_change" | "failed" | "cancelled" | "stopped" | "running";
            /** Live */
            live: boolean;
            /** Flow Run Url */
            flow_run_url: string | null;
        };
        /**
         * Said
         * @description A label for a mail; `base_version` is the mail's `version` as the caller saw it, `suggestion` what was shown with it.
         */
        Said: {
            /** Label */
            label: string;
            /** Base Version */
            base_version?: number | null;
            suggestion?: components["schemas"]["Suggested"] | null;
        };
        /**
         * SaidOf
         * @description A label, and for which mail.
         */
        SaidOf: {
            /** Label */
            label: string;
            /** Base Version */
            base_version?: number | null;
            suggestion?: components["schemas"]["Suggested"] | null;
            /** Id */
            id: string;
        };
        /**
         * Schedule
         * @description When Avocet runs by itself: `where` is none without a server. Times are UTC, `cron` is in `timezone`.
         */
        Schedule: {
            /** Where */
            where: string;
            /** Cron */
            cron: string | null;
            /** Timezone */
            timezone: string | null;
            /** Active */
            active: boolean;
            /** Next */
            next: string | null;
            /** Last */
            last: components["schemas"]["Night"][];
            /** Help */
            help: string;
        };
        /**
         * Score
         * @description What one run said of one version on its holdout.
         */
        Score: {
            /** Run */
            run: string;
            /** N Rows */
            n_rows: number;
            /** Macro F1 */
            macro_f1: number;
            /** Accuracy */
            accuracy: number | null;
        };
        /**
         * SetAside
         * @description One file of the quarantine, and how many rows it speaks of.
         */
        SetAside: {
            /** Name */
            name: string;
            /** N */
            n: number;
        };
        /**
         * Settings
         * @description Under document 1's names; of all recipes of one store.
         */
        Settings: {
            /**
             * Fine Tuning Enabled
             * @default true
             */
            fine_tuning_enabled: boolean;
            /**
             * Min Training Examples
             * @default 20
             */
            min_training_examples: number;
            /**
             * Auto Train
             * @default false
             */
            auto_train: boolean;
        };
        /**
         * ShownLabel
         * @description A label as a person wants it: `key` is one character or empty, `target` how many mails it should get.
         */
        ShownLabel: {
            /** Name */
            name: string;
            /**
             * Key
             * @default
             */
            key: string;
            /**
             * Colour
             * @example #2f7ed8
             */
            colour: string;
            /**
             * Description
             * @default
             */
            description: string;
            /** Target */
            target?: number | null;
        };
        /**
         * ShownLabels
         * @description All of them; one that is not given is shown as it comes.
         */
        ShownLabels: {
            /** Items */
            items: components["schemas"]["ShownLabel"][];
        };
        /**
         * Stage
         * @description One of the five stages in one run, and when it was (UTC).
         */
        Stage: {
            /** Name */
            name: string;
            /**
             * Status
             * @enum {string}
             */
            status: "waiting" | "running" | "done" | "failed" | "skipped";
            /** Began At */
            began_at?: string | null;
            /** Ended At */
            ended_at?: string | null;
        };
        /**
         * StageEvent
         * @description A stage begins; `candidates` are those that `finetune` trains, in this order.
         */
        StageEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "stage";
            /** Stage */
            stage: string;
            /** N */
            n: number;
            /** Of */
            of: number;
            /** At */
            at: string;
            /**
             * Candidates
             * @default []
             */
            candidates: string[];
        };
        /**
         * Started
         * @description The run that was started.
         */
        Started: {
            /** Run Id */
            run_id: number;
        };
        /**
         * Statistics
         * @description Counts of rows; `conflicts` are rows whose very words also stand under another label.
         */
        Statistics: {
            /** N Rows */
            n_rows: number;
            /** N Labelled */
            n_labelled: number;
            /** By Label */
            by_label: {
                [key: string]: number;
            };
            /** Corrections */
            corrections: number;
            /** Confirmations */
            confirmations: number;
            /** Copies */
            copies: number;
            /** Conflicts */
            conflicts: number;
            /** Used */
            used: number;
            /** Least */
            least: number;
            /** Ready */
            ready: boolean;
        };
        /**
         * StatusEvent
         * @description Where the run is.
         */
        StatusEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "status";
            /**
             * Status
             * @enum {string}
             */
            status: "waiting" | "preparing" | "training" | "evaluating";
            /** At */
            at: string;
        };
        /**
         * Suggested
         * @description What the person saw: the champion's label, how sure it was, and which version said so.
         */
        Suggested: {
            /** Label */
            label: string;
            /** Confidence */
            confidence: number;
            /** Version */
            version: string;
        };
        /**
         * Suspect
         * @description A row whose label is likely another one; `likely` is empty where nobody can say which.
         */
        Suspect: {
            /** Row Id */
            row_id: string;
            /** Label */
            label: string;
            /** Likely */
            likely: string;
            /** Side */
            side: string;
            /** Reason */
            reason: string;
        };
        /**
         * Switched
         * @description What is to be changed; what is not given stays as it is.
         */
        Switched: {
            /** Fine Tuning Enabled */
            fine_tuning_enabled?: boolean | null;
            /** Min Training Examples */
            min_training_examples?: number | null;
            /** Auto Train */
            auto_train?: boolean | null;
        };
        /**
         * Tested
         * @description A mailbox let us in.
         */
        Tested: {
            /** N Mails */
            n_mails: number;
            /** Sentence */
            sentence: string;
        };
        /**
         * Ticket
         * @description Good once, as `?ticket=`, within `seconds`.
         */
        Ticket: {
            /** Ticket */
            ticket: string;
            /** Seconds */
            seconds: number;
        };
        /**
         * Told
         * @description A word as JSON has it.
         */
        Told: {
            /** At */
            at: string;
            /** Recipe */
            recipe: string;
            /** Event */
            event: string;
            /** Version */
            version: string | null;
            /** Sentence */
            sentence: string;
            /** By */
            by: string | null;
            /** Reason */
            reason: string | null;
        };
        /**
         * TrainingExample
         * @description One label that stands; `id` is the number of its event, `submission_id` the mail's id.
         */
        TrainingExample: {
            /** Id */
            id: number;
            /** Submission Id */
            submission_id: string;
            /** Message */
            message: string;
            /** Original Category */
            original_category: string | null;
            /** Corrected Category */
            corrected_category: string;
            /**
             * Contributor Type
             * @enum {string}
             */
            contributor_type: "person" | "import";
            /** Correction Timestamp */
            correction_timestamp: string | null;
            /** Confidence Score */
            confidence_score: number | null;
            /** Used In Training */
            used_in_training: boolean;
            /** Training Run Id */
            training_run_id: number | null;
        };
        /**
         * TrainingStats
         * @description The statistics, and how many mails each label should get (null: nobody said).
         */
        TrainingStats: {
            /** N Rows */
            n_rows: number;
            /** N Labelled */
            n_labelled: number;
            /** By Label */
            by_label: {
                [key: string]: number;
            };
            /** Corrections */
            corrections: number;
            /** Confirmations */
            confirmations: number;
            /** Copies */
            copies: number;
            /** Conflicts */
            conflicts: number;
            /** Used */
            used: number;
            /** Least */
            least: number;
            /** Ready */
            ready: boolean;
            /** Targets */
            targets: {
                [key: string]: number | null;
            };
        };
        /**
         * TrainingStatus
         * @description Where a run is; `progress` is 0..1, `results` are there once it is completed.
         */
        TrainingStatus: {
            /** Run Id */
            run_id: number;
            /**
             * Status
             * @enum {string}
             */
            status: "preparing" | "training" | "evaluating" | "completed" | "failed";
            /** Progress */
            progress: number;
            /** Results */
            results: {
                [key: string]: unknown;
            } | null;
        };
        /**
         * TrialEvent
         * @description An engine is tried out for a version.
         */
        TrialEvent: {
            /** Candidate */
            candidate: string;
            /** At */
            at?: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "trial";
            /** Message */
            message: string;
        };
        /**
         * Undo
         * @description Which event is to be undone; the last one if not given.
         */
        Undo: {
            /** Event */
            event?: number | null;
        };
        /**
         * Undone
         * @description The newest event that was taken back, and how many were: what was said in one act goes in one.
         */
        Undone: {
            /** Event */
            event: number;
            /** Row Id */
            row_id: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "label" | "correction" | "confirmation" | "deletion" | "skip" | "discard" | "undo";
            /** Label */
            label: string | null;
            /** N */
            n: number;
        };
        /**
         * Unusable
         * @description A line or row that was set aside, and why; never its text.
         */
        Unusable: {
            /** File */
            file: string;
            /** Line */
            line: number;
            /** Reason */
            reason: string;
            /** Id */
            id?: string | null;
        };
        /**
         * VerdictEvent
         * @description What the gate says; it is carried out.
         */
        VerdictEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "verdict";
            /** Promoted */
            promoted: boolean;
            /** Reason */
            reason: string;
            /** Sentence */
            sentence: string;
            /** At */
            at: string;
        };
        /**
         * VerdictTold
         * @description Promoted or not, and why.
         */
        VerdictTold: {
            /** Promoted */
            promoted: boolean;
            /** Reason */
            reason: string;
            /** Sentence */
            sentence: string;
        };
        /**
         * VerdictView
         * @description The gate's word, and the conditions that it held the challenger against.
         */
        VerdictView: {
            /** Promoted */
            promoted: boolean;
            /** Reason */
            reason: string;
            /** Sentence */
            sentence: string;
            /** Conditions */
            conditions: components["schemas"]["Condition"][];
        };
        /**
         * Version
         * @description Avocet's own.
         */
        Version: {
            /** Version */
            version: string;
        };
        /**
         * Which
         * @description Which mail.
         */
        Which: {
            /** Id */
            id: string;
            /** Base Version */
            base_version?: number | null;
        };
        /**
         * Why
         * @description Why a person overrules the gate; the ledger keeps it with the name of whoever started this server.
         */
        Why: {
            /**
             * Reason
             * @default
             */
            reason: string;
        };
        /** @description RFC 9457; `type` leads to the reason's paragraph in docs/problems.md. */
        Problem: {
            type: string;
            title: string;
            status: number;
            detail: string;
            instance: string;
            errors?: {
                pointer: string;
                detail: string;
            }[];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    show_queue: {
        parameters: {
            query?: {
                /** @description So many at most. */
                limit?: number;
                /** @description Which come first. */
                order?: "uncertain" | "rare" | "random" | "oldest" | "diverse" | "entropy";
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Queue"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_mails: {
        parameters: {
            query?: {
                /** @description Words that must all be in it. */
                q?: string;
                label?: string | null;
                /** @description How it was labelled. */
                kind?: ("label" | "correction" | "confirmation") | null;
                /** @description All but the discarded ones if not given. */
                state?: ("labelled" | "unlabelled" | "discarded" | "all") | null;
                /** @description Whether a run has learned from its label. */
                used?: boolean | null;
                /** @description When it was labelled, else came in. */
                since?: string | null;
                /** @description Included; a date is its whole day. */
                until?: string | null;
                /** @description So many at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Mail_"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_alike: {
        parameters: {
            query?: {
                /** @description So many at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path: {
                /** @description The mail's id; a slash in it may be sent as %2F. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Mail_"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    label_alike: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path: {
                /** @description The mail's id; a slash in it may be sent as %2F. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AlikeSaid"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Labelled"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_mail: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path: {
                /** @description The mail's id; a slash in it may be sent as %2F. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Mail"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_mail: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: {
                /** @description The ETag that was seen: "<version>". */
                "if-match"?: string | null;
            };
            path: {
                /** @description The mail's id; a slash in it may be sent as %2F. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    label_mail: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: {
                /** @description The ETag that was seen: "<version>". */
                "if-match"?: string | null;
            };
            path: {
                /** @description The mail's id; a slash in it may be sent as %2F. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Said"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Mail"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    take_label_away: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: {
                /** @description The ETag that was seen: "<version>". */
                "if-match"?: string | null;
            };
            path: {
                /** @description The mail's id; a slash in it may be sent as %2F. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    label_by_body: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: {
                /** @description The ETag that was seen: "<version>". */
                "if-match"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SaidOf"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Mail"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    skip_mail: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: {
                /** @description The ETag that was seen: "<version>". */
                "if-match"?: string | null;
            };
            path: {
                /** @description The mail's id; a slash in it may be sent as %2F. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Mail"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    discard_mail: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: {
                /** @description The ETag that was seen: "<version>". */
                "if-match"?: string | null;
            };
            path: {
                /** @description The mail's id; a slash in it may be sent as %2F. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Mail"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    skip_by_body: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: {
                /** @description The ETag that was seen: "<version>". */
                "if-match"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Which"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Mail"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    discard_by_body: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: {
                /** @description The ETag that was seen: "<version>". */
                "if-match"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Which"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Mail"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_history: {
        parameters: {
            query?: {
                /** @description Also labels that came with files. */
                imports?: boolean;
                /** @description So many at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Event_"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    undo: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Undo"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Undone"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    undo_label: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Undone"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_labels: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelList"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    set_labels: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShownLabels"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelList"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_config_labels: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelList"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    set_config_labels: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShownLabels"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelList"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_statistics: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Statistics"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_imports: {
        parameters: {
            query?: {
                /** @description So many at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Job_"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    begin_import: {
        parameters: {
            query?: {
                /** @description What the file is called where it comes from. */
                filename?: string;
                /** @description Told by the name if not given. */
                format?: string | null;
                /** @description Count only. */
                dry_run?: boolean;
                column?: string[];
                label?: string[];
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_import: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_quarantine: {
        parameters: {
            query?: {
                /** @description So many at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_SetAside_"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_quarantine: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Unusable_"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_suspects: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Suspect_"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_checks: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checks"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export_labels: {
        parameters: {
            query?: {
                /** @description Which kind of file. */
                format?: "jsonl" | "csv" | "parquet";
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                    "text/csv": string;
                    "application/vnd.apache.parquet": string;
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_accounts: {
        parameters: {
            query?: {
                /** @description So many at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_KnownAccount_"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    add_account: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewAccount"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KnownAccount"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    test_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tested"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    fetch_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Settings"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    set_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Switched"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Settings"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_recipes: {
        parameters: {
            query?: {
                /** @description So many at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Listed_"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_version: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Version"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_runs: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string | null;
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_RunView_"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    start_run: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: {
                /** @description The same key again gives the same run. */
                "Idempotency-Key"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewRun"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunView"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunDetail"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancel_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunView"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_schedule: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_schedule: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSchedule"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    run_events: {
        parameters: {
            query?: never;
            header?: {
                /** @description Go on behind this event. */
                "Last-Event-ID"?: string | null;
            };
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
            /** @description The run has ended, and nothing is left to send. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancel_finetune: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cancel"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancel_benchmark: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cancel"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    start_training: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewRun"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    training_status: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrainingStatus"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    finetune: {
        parameters: {
            query?: {
                model?: string | null;
                epochs?: number | null;
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: {
                /** @description Go on behind this event. */
                "Last-Event-ID"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
            /** @description The run has ended, and nothing is left to send. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    benchmark: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: {
                /** @description Go on behind this event. */
                "Last-Event-ID"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
            /** @description The run has ended, and nothing is left to send. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_models: {
        parameters: {
            query?: {
                /** @description So many at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Model_"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    compare_models: {
        parameters: {
            query: {
                /** @description A version. */
                a: string;
                /** @description Another. */
                b: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Comparison"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    roll_back: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Back"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Moved"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    import_model: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/zip": string;
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Imported"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_model: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelDetail"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_model: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    mails_behind: {
        parameters: {
            query?: {
                /** @description Of this label; any if not given. */
                true?: string | null;
                /** @description Called this by the version; anything if not given. */
                pred?: string | null;
                /** @description So many at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_JudgedMail_"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    promote_model: {
        parameters: {
            query?: {
                /** @description Against or without the gate; needs a reason. */
                force?: boolean;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Why"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Moved"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export_model: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The zip */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": string;
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_decisions: {
        parameters: {
            query?: {
                /** @description So many at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Told_"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    finetune_status: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FinetuneStatus"][];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    benchmark_results: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Results"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deploy_model: {
        parameters: {
            query?: {
                /** @description Against or without the gate; needs a reason. */
                force?: boolean;
            };
            header?: never;
            path: {
                run_id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Why"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Moved"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rollback_model: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Back"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Moved"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export_run: {
        parameters: {
            query?: {
                /** @description With training_data.json: the mails that it learned from, word for word. */
                with_training_data?: boolean;
            };
            header?: never;
            path: {
                run_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The zip */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": string;
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    classify: {
        parameters: {
            query?: {
                /** @description So many labels of each row, best first; all if not given. */
                top?: number | null;
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Asked"] | {
                    [key: string]: unknown;
                }[];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Answers"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    model_info: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelInfo"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_training_stats: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrainingStats"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_training_examples: {
        parameters: {
            query?: {
                /** @description Words that must all be in it. */
                q?: string;
                label?: string | null;
                /** @description How it was labelled. */
                kind?: ("label" | "correction" | "confirmation") | null;
                /** @description Whether a run has learned from it. */
                used?: boolean | null;
                /** @description So many at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrainingExample"][];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_training_example: {
        parameters: {
            query?: {
                /** @description Whose; the app's own if not given. */
                recipe?: string | null;
            };
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    give_ticket: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ticket"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
