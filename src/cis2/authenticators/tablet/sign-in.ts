import { type Answer, json, redirect } from '@alongside/kernel/answer';
import { stateKey } from '@alongside/kernel/journeys';
import { parseParameters } from '../../../oauth/parameters.ts';
import { interactionPath } from '../../model/interactions.ts';
import { nameOnPages } from '../../model/relying-party.ts';
import { couldMeet } from '../../model/session.ts';
import { formOf } from '../../responses/own-form.ts';
import type { AuthenticationContext, Authenticator } from '../../sign-in/authenticator.ts';
import { toPage } from '../../sign-in/finish.ts';
import type { InteractionContext } from '../../sign-in/open.ts';
import { local } from '../shared/local.ts';
import { tabletEndPage, tabletNumberPage, tabletScanPage, type WorkstationPage } from './page.ts';
import { type TabletBody, tabletKind, tabletPaths } from './protocol.ts';
import { nearAddress, type TabletDependencies, type TabletRequest, type TabletState } from './requests.ts';
import { tabletText } from './text.ts';

/** `amr` of every sign-in by tablet. */
export const tabletMethods = ['IOS'];

const text = tabletText.desk;

const serialOf = (value: string | undefined): number => (/^[1-5]$/.test(value ?? '') ? Number(value) : 0);

/** Creates a request and redirects to the page that waits for it. */
async function begin(
  tablet: TabletDependencies,
  { request, interaction, client }: AuthenticationContext,
): Promise<Answer> {
  const serial = await tablet.requests.create(
    interaction.id,
    nearAddress(request),
    nameOnPages(client, interaction),
  );
  if (serial === undefined)
    return toPage(tablet, { request, interaction: { ...interaction, message: text.often } }, []);
  tablet.recorder.record({
    keys: [stateKey(interaction.authorization), interaction.id],
    from: 'browser',
    to: 'cis2',
    name: 'cis2.tablet',
    detail: { try: serial },
  });
  return redirect(interactionPath(interaction.id, `tablet/wait?request=${serial}`));
}

/** A request as its page on the workstation shows it. */
interface ShownRequest {
  tablet: TabletDependencies;
  opened: InteractionContext;
  request: TabletRequest;
  page: WorkstationPage;
}

type View = (shown: ShownRequest) => Answer | Promise<Answer>;

/** Completes the sign-in once, in the browser that began it. */
async function signIn({ tablet, opened, request, page }: ShownRequest): Promise<Answer> {
  const credential = await tablet.credentials.get<TabletBody>(request.credentialId ?? '');
  if (!credential) return tabletEndPage(page, text.expired);
  const { id, uid, body } = credential;
  const level = tablet.holders.levelOf(body);
  const result = { authenticator: tabletKind, uid, methods: tabletMethods, level, credentialId: id };
  return tablet.completeSignIn(opened, result, [
    tablet.requests.spendStatement(request),
    tablet.credentials.useStatement(credential),
  ]);
}

/** The page for each state of a request. */
const views: Readonly<Record<TabletState, View>> = {
  waiting: ({ tablet, request, page }) =>
    tabletScanPage(page, `${tablet.urls.cis2}${tabletPaths.app}`, request.code),
  opened: ({ request, page }) => tabletNumberPage(page, request.number),
  approved: signIn,
  denied: ({ page }) => tabletEndPage(page, text.denied),
  wrongNumber: ({ page }) => tabletEndPage(page, text.wrongNumber),
  elsewhere: ({ page }) => tabletEndPage(page, text.elsewhere),
};

const find = async ({ requests }: TabletDependencies, { request, interaction }: InteractionContext) => {
  const serial = serialOf(parseParameters(request.query)?.get('request'));
  return { serial, found: await requests.get(interaction.id, serial) };
};

async function showRequest(tablet: TabletDependencies, opened: InteractionContext): Promise<Answer> {
  const { interaction, client } = opened;
  const { serial, found } = await find(tablet, opened);
  const page = {
    interaction,
    applicationName: nameOnPages(client, interaction),
    serial,
    left: (found?.expiresAt ?? 0) - tablet.clock.now(),
    development: tablet.development,
  };
  return found
    ? views[found.state]({ tablet, opened, request: found, page })
    : tabletEndPage(page, text.expired);
}

async function stop(tablet: TabletDependencies, opened: InteractionContext): Promise<Answer> {
  const { request, interaction } = opened;
  await tablet.requests.end(interaction.id, serialOf(formOf(request).get('request')));
  return toPage(tablet, { request, interaction: { ...interaction, message: '' } }, []);
}

/** A tablet with its own key: number matching and proximity, modelled on OpenID Connect CIBA. */
export function tabletAuthenticator(tablet: TabletDependencies): Authenticator {
  const { credentials, holders } = tablet;
  const reached = (level: 2 | 3) => ({ level, methods: tabletMethods });
  return {
    ...local(tabletKind, credentials),
    label: tabletText.label,
    hint: tabletText.hint,
    offers: holders.levels.map(reached),
    begin: (context) => begin(tablet, context),
    async usableBy(uid, acr) {
      const own = await credentials.of<TabletBody>(uid, tabletKind);
      return own.some(({ body }) => holders.counts(body) && couldMeet(acr, [reached(holders.levelOf(body))]));
    },
    routes: [
      { method: 'GET', path: 'wait', run: (opened) => showRequest(tablet, opened) },
      {
        method: 'GET',
        path: 'state',
        run: async (opened) => json(200, { state: (await find(tablet, opened)).found?.state ?? 'expired' }),
      },
      { method: 'POST', path: 'stop', run: (opened) => stop(tablet, opened) },
    ],
  };
}
