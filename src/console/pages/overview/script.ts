import type { BrowserScript } from '../../page/page.ts';

/** Signs in at the desk with one click, and hands a pasted text to Explain without an address. */
function overview(): void {
  const report = (text: string, bad: boolean): void => {
    const result = document.getElementById('result');
    if (!result) return;
    result.textContent = text;
    result.classList.toggle('bad', bad);
  };
  const send = async (method: string, path: string, body: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`/api/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error_description ?? answer.error);
    return answer;
  };
  const signIn = async (card: string): Promise<void> => {
    await send('PUT', '/readers/0/card', { card });
    const { roles } = (await send('POST', '/agent/pin', { pin: '123456' })) as {
      roles?: { roleId: string }[];
    };
    const role = roles?.[0];
    if (role) await send('POST', '/agent/role', { roleId: role.roleId }).catch(() => undefined);
    report('The card is in the reader and the PIN was given.', false);
  };
  document.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest<HTMLElement>('button[data-sign-in]') : null;
    if (button) signIn(button.dataset.signIn ?? '').catch((error) => report(error.message, true));
  });
  document.getElementById('paste')?.addEventListener('submit', (event) => {
    event.preventDefault();
    const pasted = document.getElementById('pasted');
    if (!(pasted instanceof HTMLTextAreaElement) || pasted.value.trim() === '') return;
    // It may be a token: it stays in this tab until the next page takes it.
    sessionStorage.setItem('explain', pasted.value);
    location.assign('/explain');
  });
}

/** The program of the first page. */
export const overviewScript: BrowserScript = { name: 'overview', run: overview };
