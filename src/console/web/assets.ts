/** Addresses of the programs and the style sheet. */
export const assetPaths = {
  stylesheet: '/assets/console.css',
  /** @param name path of the program below `src/console/web`, without its endings */
  program: (name: string): string => `/assets/${name}.browser.js`,
};
