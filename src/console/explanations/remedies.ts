import type { AdjustableClock } from '@alongside/kernel/clock';
import type { Journey, Message } from '../../journeys/model.ts';
import type { StoredApplication } from '../../oauth/applications.ts';
import type { Product } from '../../oauth/products.ts';
import { currentCaller, hasRole } from '../model/administrators/admission.ts';
import type { ConsoleContext } from '../model/dependencies.ts';
import { orNull } from '../model/neighbour.ts';
import { clientOf } from './run-again.ts';

/** What removes the cause of a refusal: a call of the console API, or the page whose form does. */
export interface Act {
  readonly label: string;
  readonly call?: {
    readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    /** Below the path of the API. */
    readonly path: string;
    readonly body?: object;
    /** Message after success. */
    readonly done: string;
    /** Question before the call. */
    readonly confirm?: string;
  };
  readonly href?: string;
}

interface Case {
  readonly message: Message;
  readonly application: StoredApplication | undefined;
  readonly uid: string | undefined;
  readonly console: ConsoleContext;
}
type Remedy = (refused: Case) => Act[] | Promise<Act[]>;

const segment = encodeURIComponent;
const applicationPath = ({ id }: StoredApplication): string => `/applications/${segment(id)}`;
const sentValue = ({ request }: Message, name: string): string | undefined =>
  [...(request?.query ?? []), ...(request?.form ?? [])].find((field) => field.name === name)?.value;

const onPage =
  (label: string, tab: string): Remedy =>
  ({ application }) =>
    application ? [{ label, href: `${applicationPath(application)}?tab=${tab}` }] : [];

/** A callback is added as it was sent; a merge patch replaces the whole list. */
const addCallback: Remedy = ({ message, application }) => {
  const address = sentValue(message, 'redirect_uri');
  if (!application || address === undefined || !URL.canParse(address)) return [];
  const { platform, cis2 } = application;
  const atCis2 = message.to === 'cis2';
  if (atCis2 ? !cis2 : !platform) return [];
  const body = atCis2
    ? { cis2: { redirectUris: [...(cis2?.redirectUris ?? []), address] } }
    : { platform: { callbackUrls: [...(platform?.callbackUrls ?? []), address] } };
  const done = 'The callback is registered.';
  return [
    {
      label: `Add the callback ${address.slice(0, 100)}`,
      call: { method: 'PATCH', path: applicationPath(application), body, done },
    },
  ];
};

const holds = ({ platform }: StoredApplication, { name }: Product): boolean =>
  platform?.products.some((product) => product.name === name && product.status === 'approved') ?? false;

/** Returns the products that hold the API of a call; all of them where no API was called, or none holds it. */
function ofCalledApi<T extends Product>(products: readonly T[], { to }: Message): readonly T[] {
  const fitting = products.filter(({ apis }) => apis.some((api) => to === `api:${api}`));
  return fitting.length > 0 ? fitting : products;
}

/** Products that the application does not have. */
const addProduct: Remedy = async ({ message, application, console }) => {
  if (!application?.platform) return [];
  const { platform } = application;
  const all = (await console.products.list()).filter((product) => !holds(application, product));
  return ofCalledApi(all, message)
    .slice(0, 3)
    .map(({ name }) => ({
      label: `Add the product ${name}`,
      call: {
        method: 'PATCH' as const,
        path: applicationPath(application),
        body: {
          platform: {
            products: [...new Set([...platform.products.map((product) => product.name), name])],
            revokedProducts: platform.products
              .filter((product) => product.status === 'revoked' && product.name !== name)
              .map((product) => product.name),
          },
        },
        done: `The application has the product ${name}.`,
      },
    }));
};

const liftLimits: Remedy = async ({ message, application, console }) => {
  const own = (await console.products.list()).filter(
    (product) => product.limits !== null && application !== undefined && holds(application, product),
  );
  return ofCalledApi(own, message).map(({ name }) => ({
    label: `Lift the limits of ${name}`,
    call: {
      method: 'PATCH' as const,
      path: `/products/${segment(name)}`,
      body: { limits: null },
      done: 'The limits are lifted.',
    },
  }));
};

const approve: Remedy = ({ application }) =>
  application
    ? [
        {
          label: 'Approve the application',
          call: { method: 'POST', path: `${applicationPath(application)}/approve`, done: 'Approved.' },
        },
      ]
    : [];

/** The virtual cards of development; others are unblocked with a code that their holder gets. */
const unblockCard: Remedy = async ({ uid, console }) => {
  if (!console.development) return [];
  const cards = (await orNull(console.agent.cards())) ?? [];
  const blocked = cards.filter(({ locked, uid: holder }) => locked && (uid === undefined || holder === uid));
  return blocked.slice(0, 3).map(({ serial, name }) => ({
    label: `Unblock the card of ${name}`,
    call: {
      method: 'PATCH' as const,
      path: `/cards/${segment(serial)}`,
      body: { locked: false },
      done: 'The card is unblocked.',
    },
  }));
};

const giveRole: Remedy = ({ uid }) =>
  uid === undefined ? [] : [{ label: 'Give the person a role', href: `/people/${segment(uid)}?tab=edit` }];

const makeSecret = onPage('Make a new secret', 'keys');
const registerKey = onPage('Register a key', 'keys');

/** The acts of errors by id. The catalogue has the fix in words; what a console can do itself is here. */
const remedies: Readonly<Record<string, Remedy>> = {
  'authorisation.clientOrSecret': makeSecret,
  'authorisation.standard.clientUnauthenticated': makeSecret,
  'cis2.clientUnauthenticated': makeSecret,
  'authorisation.redirectUnknown': addCallback,
  'cis2.redirectUnknown': addCallback,
  'authorisation.assertionKid': registerKey,
  'authorisation.assertionNoKey': registerKey,
  'authorisation.assertionSignature': registerKey,
  'authorisation.notSubscribed': addProduct,
  'authorisation.noScope': addProduct,
  'gateway.noProductMatch': addProduct,
  'gateway.apiKeyWithoutProduct': addProduct,
  'authorisation.quota': liftLimits,
  'authorisation.spikeArrest': liftLimits,
  'gateway.quotaOfApplication': liftLimits,
  'gateway.spikeOfApplication': liftLimits,
  'authorisation.appNotApproved': approve,
  'identity-agent.cardBlocked': unblockCard,
  'identity-agent.wrongPin': unblockCard,
  'gateway.roleNone': giveRole,
  'gateway.roleInvalid': giveRole,
};

/** A moved clock makes other times wrong. */
const isMoved = (clock: Pick<AdjustableClock, 'offset' | 'isFrozen'>): boolean =>
  clock.isFrozen || Math.abs(clock.offset) > 1_000;

/** In production, a request of a stranger must not lead to a change with one click. */
const confirmed = ({ call, ...act }: Act): Act =>
  call
    ? {
        ...act,
        call: { ...call, confirm: `${act.label}? Anyone can send a request in the name of an application.` },
      }
    : act;

/** Returns what the caller can do here about a refused message: what is on for tests first, then the registration. */
export async function actsFor(
  message: Message,
  journey: Journey,
  console: ConsoleContext,
): Promise<readonly Act[]> {
  if (!hasRole(currentCaller(), {}) || message.outcome === 'succeeded') return [];
  const acts: Act[] = [];
  if (console.development) {
    const on = await console.faults.on();
    for (const name of message.faults.filter((fault) => on.has(fault)))
      acts.push({
        label: `Switch the fault ${name} off`,
        call: { method: 'DELETE', path: `/faults/${segment(name)}`, done: 'The fault is off.' },
      });
    if (isMoved(console.clock))
      acts.push({
        label: 'Set the clock back',
        call: { method: 'DELETE', path: '/clock', done: 'The clock shows the real time.' },
      });
  }
  const remedy = message.refusal && remedies[message.refusal.error];
  if (!remedy) return acts;
  const id = (message.application ?? journey.application)?.id;
  const client = clientOf(message);
  const application =
    (id === undefined ? undefined : await console.applications.get(id)) ??
    (client === undefined
      ? undefined
      : ((await console.applications.byPlatformClient(client)) ??
        (await console.applications.byCis2Client(client))));
  const uid = (message.person ?? journey.person)?.uid;
  const fitting = await remedy({ message, application, uid, console });
  return [...acts, ...(console.development ? fitting : fitting.map(confirmed))];
}
