// Sets the theme before anything is painted; src/lib/theme.svelte.ts does the rest.
(() => {
  const chosen = localStorage.getItem('sandglass.theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
})();
