import { createSSRApp } from "vue"

import Page from "./page.vue"

const gallery = JSON.parse(document.querySelector("#data").textContent)
createSSRApp(Page, { gallery }).mount("#root")
