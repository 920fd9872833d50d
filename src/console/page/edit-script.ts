import type { EditTools } from './edit-tools-script.ts';
import type { FormTools } from './form-tools-script.ts';
import type { BrowserScript } from './page.ts';

function edit(_: FormTools, editing: EditTools): void {
  const form = document.getElementById('edit');
  if (form instanceof HTMLFormElement) editing.edit(form);
}

/** The program of a page with one form of `editForm` called `edit`. */
export const editScript: BrowserScript = { name: 'edit', run: edit };
