import type { BrowserScript } from '../../frame/page.ts';

/** Asks the shell for new figures every five seconds while the page is visible. */
function health(): void {
  setInterval(() => {
    if (!document.hidden) document.dispatchEvent(new CustomEvent('alongside:refresh', { detail: ['key'] }));
  }, 5_000);
}

export const healthScript: BrowserScript = { name: 'health', run: health };
