import type { BrowserScript } from '../../frame/page.ts';
import type { PageTools } from '../../frame/page-tools-script.ts';

/** Signs in at the desk with one click, and hands a pasted text to Explain without an address. */
function overview({ byId, report, send }: PageTools): void {
  const must = async (method: string, path: string, body: object): Promise<Record<string, unknown>> => {
    const { isOk, answer } = await send(method, path, body);
    if (!isOk) throw new Error(String(answer.error_description ?? answer.error));
    return answer;
  };
  const signIn = async (card: string): Promise<void> => {
    await must('PUT', '/readers/0/card', { card });
    const { state, roles } = (await must('POST', '/agent/pin', { pin: '123456' })) as {
      state?: string;
      roles?: { roleId: string }[];
    };
    if (state === 'roleRequested') await must('POST', '/agent/role', { roleId: roles?.[0]?.roleId });
    report('The card is in the reader and the PIN was given.');
  };
  document.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest<HTMLElement>('button[data-sign-in]') : null;
    if (button) signIn(button.dataset.signIn ?? '').catch((error) => report(error.message, true));
  });
  byId('paste')?.addEventListener('submit', (event) => {
    event.preventDefault();
    const pasted = byId('pasted');
    if (!(pasted instanceof HTMLTextAreaElement) || pasted.value.trim() === '') return;
    // It may be a token: it stays in this tab until the next page takes it.
    sessionStorage.setItem('explain', pasted.value);
    location.assign('/explain');
  });
}

/** The program of the first page. */
export const overviewScript: BrowserScript = { name: 'overview', run: overview };
