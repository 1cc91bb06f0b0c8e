/** How the pages are built: one script and one stylesheet with fixed names, so that two builds are equal. */
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

const api = process.env.AVOCET_API ?? "http://127.0.0.1:8765";

export default defineConfig({
  plugins: [vue()],
  build: {
    outDir: "../app/static",
    emptyOutDir: true,
    target: "es2022",
    cssCodeSplit: false,
    // A data: address would be refused by the content security policy.
    assetsInlineLimit: 0,
    modulePreload: false,
    rollupOptions: {
      output: {
        codeSplitting: false,
        entryFileNames: "assets/app.js",
        assetFileNames: (file) => (file.names.some((name) => name.endsWith(".css")) ? "assets/app.css" : "assets/[name][extname]"),
      },
    },
  },
  server: {
    host: "127.0.0.1",
    port: 5173,
    proxy: { "/api": api, "/admin/api": api },
  },
  test: {
    environment: "node", // a test that needs a document says so in its first lines
    include: ["tests/**/*.test.ts"],
    setupFiles: ["tests/setup.ts"],
    pool: "threads",
  },
});
