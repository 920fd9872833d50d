import { type Answered, call } from '../../frame/api.browser.ts';
import { byId, report } from '../../frame/tools.browser.ts';

// Signs in at the desk with one click, and hands a pasted text to Explain without an address.
async function accepted<Result>(response: Promise<Answered<Result>>): Promise<Result> {
  const { isOk, answer } = await response;
  if (isOk) return answer;
  throw new Error(String(answer.error_description ?? answer.error));
}
const signIn = async (card: string): Promise<void> => {
  await accepted(call('PUT', '/readers/0/card', { body: { card } }));
  const { state, roles } = await accepted(call('POST', '/agent/pin', { body: { pin: '123456' } }));
  const [role] = roles;
  if (state === 'roleRequested' && role)
    await accepted(call('POST', '/agent/role', { body: { roleId: role.roleId } }));
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
