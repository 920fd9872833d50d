import { type Answer, json, redirect } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import { parseParameters } from '../../../oauth/parameters.ts';
import type { Database } from '../../../storage/database.ts';
import { couldMeet } from '../../model/acr.ts';
import type { Credentials } from '../../model/credentials.ts';
import { formOf } from '../../model/form.ts';
import { type Interactions, interactionPath } from '../../model/interactions.ts';
import type { AuthenticationContext, Authenticator } from '../../sign-in/authenticator.ts';
import type { CompleteSignIn } from '../../sign-in/complete-sign-in.ts';
import { toPage } from '../../sign-in/finish.ts';
import type { InteractionContext } from '../../sign-in/open.ts';
import { words } from '../../text/words.ts';
import { local } from '../shared/local.ts';
import type { HolderChecks } from './holder.ts';
import { type DeskPage, tabletEndPage, tabletNumberPage, tabletScanPage } from './page.ts';
import { type TabletBody, tabletPaths } from './protocol.ts';
import { nearAddress, type TabletRequest, type TabletRequests, type TabletState } from './requests.ts';

export const tabletKind = 'tablet';

interface Parts {
  clock: Clock;
  database: Database;
  interactions: Interactions;
  credentials: Credentials;
  requests: TabletRequests;
  holders: HolderChecks;
  recorder: Recorder;
  completeSignIn: CompleteSignIn;
  urls: { cis2: string };
  development: boolean;
}

/** `amr` of every sign-in by tablet. */
export const tabletMethods = ['IOS'];
const sentences = words.tablet.desk;

const serialOf = (text: string | undefined): number => (/^[1-5]$/.test(text ?? '') ? Number(text) : 0);

const pageOf = (
  { development, clock }: Parts,
  { interaction, client }: Pick<AuthenticationContext, 'interaction' | 'client'>,
  serial: number,
  found: TabletRequest | undefined,
): DeskPage => ({
  interaction,
  applicationName: client.application.name,
  serial,
  left: (found?.expiresAt ?? 0) - clock.now(),
  development,
});

/** Makes a request and leads to the page that waits for it. */
const begin = (parts: Parts) =>
  async function begin(context: AuthenticationContext): Promise<Answer> {
    const { request, interaction, client } = context;
    const serial = await parts.requests.make(interaction.id, nearAddress(request), client.application.name);
    if (serial === undefined)
      return toPage(parts, { request, interaction: { ...interaction, message: sentences.often } }, []);
    parts.recorder.record({
      keys: [interaction.authorization.state ?? '', interaction.id],
      from: 'browser',
      to: 'cis2',
      name: 'cis2.tablet',
      detail: { try: serial },
    });
    return redirect(interactionPath(interaction.id, `tablet/wait?request=${serial}`));
  };

type View = (context: InteractionContext, request: TabletRequest, page: DeskPage) => Answer | Promise<Answer>;

/** The tablet said yes, to this browser alone: the sign-in goes on, once. */
const signIn =
  (parts: Parts): View =>
  async (context, request, page) => {
    const credential = await parts.credentials.get<TabletBody>(request.credentialId ?? '');
    if (!credential) return tabletEndPage(page, sentences.expired);
    const level = parts.holders.levelOf(credential.body);
    const { id, uid } = credential;
    const result = { authenticator: tabletKind, uid, methods: tabletMethods, level, credentialId: id };
    return parts.completeSignIn(context, result, [
      parts.requests.spendStatement(request),
      parts.credentials.useStatement(credential),
    ]);
  };

const ended =
  (sentence: string): View =>
  (_opened, _request, page) =>
    tabletEndPage(page, sentence);

/** What the desk shows in each state. */
const views = (parts: Parts): Readonly<Record<TabletState, View>> => ({
  waiting: (_opened, { code }, page) => tabletScanPage(page, `${parts.urls.cis2}${tabletPaths.app}`, code),
  opened: (_opened, { number }, page) => tabletNumberPage(page, number),
  approved: signIn(parts),
  denied: ended(sentences.denied),
  wrongNumber: ended(sentences.wrongNumber),
  elsewhere: ended(sentences.elsewhere),
});

const find = async ({ requests }: Parts, { request, interaction }: InteractionContext) => {
  const serial = serialOf(parseParameters(request.query)?.get('request'));
  return { serial, found: await requests.get(interaction.id, serial) };
};

/** A tablet with a key of its own: number matching and proximity, after the model of OpenID Connect CIBA. */
export function tablet(parts: Parts): Authenticator {
  const { credentials, requests, holders } = parts;
  const reached = (level: 2 | 3) => ({ level, methods: tabletMethods });
  const show = views(parts);
  return {
    ...local(credentials),
    id: tabletKind,
    label: words.ways.tablet.label,
    hint: words.ways.tablet.hint,
    offers: holders.levels.map(reached),
    begin: begin(parts),
    async usableBy(uid, acr) {
      const own = await credentials.of<TabletBody>(uid, tabletKind);
      return own.some(({ body }) => holders.counts(body) && couldMeet(acr, [reached(holders.levelOf(body))]));
    },
    routes: [
      {
        method: 'GET',
        path: 'wait',
        async run(context) {
          const { serial, found } = await find(parts, context);
          const page = pageOf(parts, context, serial, found);
          return found ? show[found.state](context, found, page) : tabletEndPage(page, sentences.expired);
        },
      },
      {
        method: 'GET',
        path: 'state',
        run: async (context) => json(200, { state: (await find(parts, context)).found?.state ?? 'expired' }),
      },
      {
        method: 'POST',
        path: 'stop',
        async run(context) {
          const { interaction } = context;
          await requests.end(interaction.id, serialOf(formOf(context.request).get('request')));
          return toPage(parts, { ...context, interaction: { ...interaction, message: '' } }, []);
        },
      },
    ],
  };
}
