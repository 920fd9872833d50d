import type { User } from '@alongside/client/web';

// The one page of the web examples. A real application has its own templates.

/** A search for a patient, a choice of role if there are several, and sign-out. */
export function homePage(user: User): string {
  const options = user.roles.map(
    ({ person_roleid, org_code }) =>
      `<option value="${escaped(person_roleid)}">${escaped(org_code)}</option>`,
  );
  const role = `<form method="post" action="/role"><label>Role <select name="role">${options.join('')}</select></label>
<button>Use this role</button></form>`;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Example</title><main>
<p>Signed in: ${escaped(user.name)}</p>
<form method="post" action="/patient"><label>NHS number <input name="number"></label><button>Find patient</button></form>
${options.length > 1 ? role : ''}
<form method="post" action="/sign-out"><button>Sign out</button></form>
</main></html>
`;
}

function escaped(text: unknown): string {
  return String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
