import type { FormTools } from './form-tools-script.ts';
import type { BrowserScript } from './page.ts';

function edit(tools: FormTools): void {
  const form = document.getElementById('edit');
  if (form instanceof HTMLFormElement) tools.edit(form);
}

/** The program of a page with one form of `editForm` called `edit`. */
export const editScript: BrowserScript = { name: 'edit', run: edit };
