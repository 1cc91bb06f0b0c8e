// Sets the chosen theme before the first paint, so that a dark page never flashes white.
(() => {
  try {
    const chosen = localStorage.getItem("avocet-theme");
    if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
  } catch (error) {
    // Storage is shut to us: the system's theme it is.
  }
})();
