/** Starts the pages. */

import { createApp } from "vue";
import App from "./App.vue";
import { router } from "./router";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/forms.css";
import "./styles/parts.css";
import "./styles/mail.css";

createApp(App).use(router).mount("#app");
