import { type EditTools, editTools } from './edit-tools-script.ts';
import { browserScript } from './page.ts';
import type { PageTools } from './page-tools-script.ts';

function edit(_: PageTools, editing: EditTools): void {
  const form = document.getElementById('edit');
  if (form instanceof HTMLFormElement) editing.edit(form);
}

/** The program of a page with one form of `editForm` called `edit`. */
export const editScript = browserScript('edit', edit, editTools);
