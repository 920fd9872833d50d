import type {
  Captured,
  DecodedToken,
  Field,
  Journey,
  Message,
  RefusalView,
} from '../../../../../journeys/model.ts';

const start = Date.parse('2026-11-27T07:34:02.000Z');

type MessageDraft = Partial<Message> & Pick<Message, 'from' | 'to' | 'words'>;

const quillfeather = { uid: '656005750108', name: 'Dr Harriet Quillfeather' };
const clinic = { id: 'egoymImSbdoTUT5JmAVQz9tvTv9u3xCE', name: 'Clinic Express' };

/** A cut secret, as capture writes it. */
export const cutSecret = (name: string, first: string, length: number, more: Partial<Field> = {}): Field => ({
  name,
  value: `${first}… (${length})`,
  mark: `mark-${first}`,
  ...more,
});

export const captured = (parts: Partial<Captured> = {}): Captured => ({
  headers: [],
  isCut: false,
  tokens: [],
  ...parts,
});

/** Builds a journey from drafts of its messages, each 10 ms after the one before and 6 ms long by default. */
export function journeyOf(drafts: readonly MessageDraft[], about: Partial<Journey> = {}): Journey {
  let offset = 0;
  const messages = drafts.map((draft, index): Message => {
    const offsetMs = draft.offsetMs ?? offset;
    offset = offsetMs + 10;
    return {
      id: `message-${index + 1}`,
      journey: 'journey-1',
      parent: null,
      number: index + 1,
      kind: 'call',
      name: 'authorisation.token.code',
      startedAt: new Date(start + offsetMs).toISOString(),
      offsetMs,
      durationMs: 6,
      method: 'GET',
      route: '/oauth2/authorize',
      status: 200,
      outcome: 'succeeded',
      application: clinic,
      person: quillfeather,
      requestId: null,
      correlationId: null,
      refusal: null,
      faults: [],
      request: captured({ url: 'http://localhost:37195/oauth2/authorize' }),
      response: captured(),
      notCaptured: null,
      events: [],
      ...draft,
    };
  });
  const failed = messages.find(({ outcome }) => outcome !== 'succeeded');
  const last = messages.at(-1);
  return {
    id: 'journey-1',
    startedAt: new Date(start).toISOString(),
    durationMs: last ? last.offsetMs + (last.durationMs ?? 0) : 0,
    pattern: 'combined',
    outcome: failed ? 'refused' : 'succeeded',
    person: quillfeather,
    application: clinic,
    headline: failed?.refusal?.headline ?? 'Read a patient',
    waitingFor: null,
    otherApplications: [],
    failedStep: failed?.number ?? null,
    count: messages.length,
    isClockMoved: false,
    faults: [],
    role: 'General Medical Practitioner at Example Surgery (A9A5A)',
    level: 'AAL3, smartcard',
    links: [],
    messages,
    isTruncated: false,
    ...about,
  };
}

const wrongSecret: RefusalView = {
  error: 'authorisation.clientOrSecret',
  field: 'client_secret',
  headline: 'The client secret is wrong',
  received: 'a secret that begins with wron, 31 characters',
  expected: 'the only secret of Clinic Express, 43 characters, made today at 07:33:59',
  fix: 'Put the current secret into the settings of your application.',
  actor: 'developer',
  source: 'RFC 6749 section 5.2',
};

export const idToken: DecodedToken = {
  name: 'id_token',
  header: { alg: 'RS256', kid: 'B-rRus7cD29tSdVNveQo', typ: 'JWT' },
  claims: {
    iss: 'http://localhost:40157/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare',
    sub: quillfeather.uid,
    aud: 'alongside-platform',
    exp: start / 1000 + 3_600,
    iat: start / 1000,
    auth_time: start / 1000 - 1,
    acr: 'AAL3_ANY',
    amr: ['N3_SMARTCARD'],
    authentication_assurance_level: '3',
    selected_roleid: '555010842101',
    sid: 'b95a1704-c046-41ad-806c-96b830f0999e',
    auditTrackingId: 'x',
  },
  signature: { holds: true, keyId: 'B-rRus7cD29tSdVNveQo', owner: 'CIS2' },
};

const code = (more: Partial<Field> = {}): Field => cutSecret('code', 'JPIs', 32, more);

const upToTheCode: readonly MessageDraft[] = [
  {
    kind: 'redirect',
    from: 'application',
    to: 'authorisation',
    name: 'authorisation.authorize',
    words: 'Asks for access to an API',
    status: 302,
    durationMs: 7,
    request: captured({
      url: 'http://localhost:37195/oauth2/authorize',
      query: [
        { name: 'client_id', value: clinic.id },
        { name: 'redirect_uri', value: 'http://localhost:39777/callback' },
        { name: 'state', value: 'first' },
      ],
    }),
  },
  {
    kind: 'redirect',
    from: 'authorisation',
    to: 'cis2',
    name: 'cis2.authorize',
    words: 'Sends the person to sign in',
    route: '/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/authorize',
    status: 302,
    offsetMs: 13,
    durationMs: 9,
  },
  {
    kind: 'redirect',
    from: 'cis2',
    to: 'authorisation',
    name: 'authorisation.callback',
    words: 'Returns a code',
    route: '/oauth2/callback',
    status: 302,
    offsetMs: 37,
    durationMs: 24,
  },
  {
    parent: 'message-3',
    from: 'authorisation',
    to: 'cis2',
    name: 'cis2.token',
    words: 'Exchanges the code for tokens',
    method: 'POST',
    route: '/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/access_token',
    offsetMs: 42,
    durationMs: 5,
    response: captured({ tokens: [idToken] }),
  },
  {
    parent: 'message-3',
    from: 'authorisation',
    to: 'cis2',
    name: 'cis2.userinfo',
    words: 'Reads the person and roles',
    route: '/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/userinfo',
    offsetMs: 48,
    durationMs: 4,
  },
  {
    kind: 'redirect',
    from: 'authorisation',
    to: 'application',
    name: 'application.callback',
    words: 'Returns its own code',
    route: 'localhost:39777/callback',
    status: null,
    durationMs: null,
    offsetMs: 53,
    request: captured({ url: 'http://localhost:39777/callback', query: [code()] }),
  },
];

const tokenRequest = (secret: Field): MessageDraft => ({
  from: 'application',
  to: 'authorisation',
  name: 'authorisation.token.code',
  words: 'Exchanges the code for tokens',
  method: 'POST',
  route: '/oauth2/token',
  offsetMs: 648,
  request: captured({
    url: 'http://localhost:37195/oauth2/token',
    headers: [{ name: 'content-type', value: 'application/x-www-form-urlencoded' }],
    form: [
      { name: 'grant_type', value: 'authorization_code' },
      { name: 'client_id', value: clinic.id },
      secret,
      { name: 'redirect_uri', value: 'http://localhost:39777/callback' },
      code(),
    ],
  }),
});

const accessToken = (name: string, value: string): Field => ({ name, value, mark: 'mark-access' });

/** A sign-in that reads a patient at the end. */
export const goodJourney = (about: Partial<Journey> = {}): Journey =>
  journeyOf(
    [
      ...upToTheCode,
      {
        ...tokenRequest(cutSecret('client_secret', 'righ', 43)),
        response: captured({
          body: '{\n  "access_token": "aaaa… (28)",\n  "token_type": "Bearer",\n  "expires_in": "599"\n}',
          members: [accessToken('access_token', 'aaaa… (28)')],
        }),
      },
      {
        from: 'application',
        to: 'api:PDS',
        name: 'gateway.request',
        words: 'Reads a patient',
        route: '/personal-demographics/FHIR/R4/Patient/{id}',
        request: captured({
          url: 'http://localhost:37195/personal-demographics/FHIR/R4/Patient/9000000009',
          headers: [accessToken('authorization', 'Bearer aaaa… (28)')],
        }),
      },
    ],
    about,
  );

/** The same sign-in, with a wrong client secret at its end. */
export const refusedJourney = (about: Partial<Journey> = {}): Journey =>
  journeyOf(
    [
      ...upToTheCode,
      {
        ...tokenRequest(cutSecret('client_secret', 'wron', 31, { offending: true })),
        status: 401,
        outcome: 'refused',
        refusal: wrongSecret,
        requestId: 'my-request',
        response: captured({
          headers: [{ name: 'content-type', value: 'application/json' }],
          body: '{\n  "error": "invalid_client",\n  "error_description": "client_id or client_secret is invalid"\n}',
        }),
      },
    ],
    about,
  );

/** A journey with very many calls. */
export const longJourney = (count: number): Journey =>
  journeyOf(
    Array.from({ length: count }, (_, index) => ({
      from: 'application' as const,
      to: 'api:PDS' as const,
      name: 'gateway.request',
      words: 'Reads a patient',
      route: '/personal-demographics/FHIR/R4/Patient/{id}',
      parent: index % 10 === 0 ? null : `message-${index - (index % 10) + 1}`,
    })),
  );
