import type { Fault } from '../fault.ts';

/** Users whose authenticators are removed: each removal sends a mail. */
const users = ['gp-aal2', 'clinician-aal2', 'admin-aal2'];
/** Milliseconds in which the mails must arrive after the server responds again. */
const patience = 60_000;

interface Listed {
  authenticators: { id: string; kind: string }[];
}

export const hangingMailServer: Fault = {
  name: 'hanging-mail-server',
  summary: 'the mail server takes connections and does not answer, while authenticators change',
  async inject({ installation: { mail, consoleCall }, length, wait, defer }) {
    mail.stall();
    defer(() => mail.resume());
    let posted = 0;
    for (const user of users) {
      const path = `/people/${user}/authenticators`;
      const { authenticators } = await consoleCall<Listed>('GET', path);
      for (const { id } of authenticators) {
        await consoleCall('DELETE', `${path}/${id}`);
        posted += 1;
      }
      await wait(length / users.length);
    }
    mail.resume();
    const end = performance.now() + patience;
    for (;;) {
      const { mails } = await consoleCall<{ mails: { state: string }[] }>('GET', '/mail');
      const sent = mails.filter(({ state }) => state === 'sent').length;
      if (posted > 0 && sent >= posted) return;
      if (performance.now() > end) throw new Error(`${sent} of ${posted} mails arrived in time`);
      await wait(200);
    }
  },
};
