import type { Answer } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { ownReferrer } from '../../enrolment/pages/enrolment.ts';
import { cis2Page } from '../../pages/frame.ts';
import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';

const { enrolment: says } = words.federated;

/** Before a person signs in elsewhere so that the account there is linked. */
export function linkAccountPage({
  provider,
  go,
  problem,
  development,
}: {
  provider: string;
  go: string;
  /** Why the page comes again; empty at first. */
  problem: string;
  development: boolean;
}): Answer {
  const say = (sentence: string) => filled(sentence, { provider });
  return cis2Page(problem ? 400 : 200, {
    title: say(says.title),
    development,
    main: html`${problem ? html`<p class="error" role="alert">${problem}</p>` : undefined}
<p>${say(says.lead)}</p>
<p><a class="button" href="${go}">${say(says.button)}</a></p>`,
  }).with(ownReferrer);
}
