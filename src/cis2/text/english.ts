/**
 * The English text of the pages of CIS2, except those of authenticators, which have a `text.ts` each. `{name}` is a value. The page
 * marks up the text in [brackets], for example as a link.
 */
export const english = {
  /** Of the pages and of the dates on them (BCP 47). */
  locale: 'en-GB',
  /** Name of this part in the header of its pages. */
  serviceName: 'Care identity sign-in',
  /** What stands around every page. */
  frame: {
    skip: 'Skip to main content',
    testSystem: 'Test system, fictional people',
    notice: 'Alongside works with published interfaces of NHS services. It is not an NHS service.',
  },
  common: {
    next: 'Continue',
    cancel: 'Cancel',
    again: 'Try again',
    signIn: 'Sign in',
    signingIn: 'You are signing in to {application}.',
    otherWay: 'Choose another way to sign in',
    signedIn: 'Signed in',
    for: 'For',
    need: 'You need',
    takenOn: 'You are being taken on.',
    goingBack: 'Going back to {application}',
    goingTo: 'Signing in to {application}',
  },
  choice: {
    title: 'Sign in',
    titleAgain: 'Sign in again',
    legend: 'How do you want to sign in?',
    another: 'Somebody else?',
    notEnough: '{application} needs another way to sign in than the one that you used.',
    signedInAs: 'You are signed in as {name}.',
    hinted: 'Your application says who is signing in.',
    opened: 'A small window has opened. If it asks for your PIN, give it there.',
    closed: 'If it has closed and nothing happens here, [go on].',
    error: 'If the small window shows an error',
    here: 'Sign in with the {way} in this window',
    help: '[If the smartcard does not work] (opens in a new tab)',
    levelUnmet: 'That way to sign in does not meet what the application needs. Choose another one.',
    pinOld: 'The application needs your PIN again. Try again and give your PIN.',
  },
  window: {
    title: 'You can close this window',
    elsewhere: 'The sign-in goes on in the window where you began.',
    here: 'Go on in this window instead',
  },
  help: {
    title: 'If the smartcard does not work',
    lead: 'To sign in with a smartcard, the browser goes to the Identity Agent on this computer and comes back. If the browser says that it cannot reach 127.0.0.1, one of these is the cause:',
    otherwise: 'Then go back to your application and begin again, or choose another way to sign in.',
    /** Causes of a hop that leads nowhere, by name, with the mend. */
    causes: [
      {
        cause: 'The Identity Agent is not running on this computer.',
        mend: 'Start it, or ask your IT team to install it. It must run on the computer whose browser you use.',
      },
      {
        cause: 'Another program uses the port of the Identity Agent.',
        mend: 'Run “alongside agent doctor”: it names the program. Stop it and start the Identity Agent again.',
      },
      {
        cause: 'A proxy is set up for localhost.',
        mend: 'Take 127.0.0.1 and localhost out of the proxy settings of the browser or the computer.',
      },
      {
        cause: 'A policy of the browser (Local Network Access) stops pages from reaching this computer.',
        mend: 'Ask your IT team to allow this site in the policy LoopbackNetworkAllowedForUrls.',
      },
      {
        cause: 'The browser stopped the small window.',
        mend: 'Allow pop-up windows for this site, or use the link “Sign in with the smartcard in this window”.',
      },
      {
        cause: 'The reader or the card is not found.',
        mend: 'Take the card out and put it in again, chip first and upwards. Try another USB port for the reader.',
      },
    ],
  },
  confirm: {
    title: 'Continue as {name}?',
    lead: '{application} wants to know who you are.',
    yes: 'Continue as {name}',
    another: 'Sign in another way',
  },
  role: {
    title: 'Choose your role',
    legend: 'In which role do you work now?',
    search: 'Search your roles',
    searchHint: 'A job, an organisation or its code',
    searchButton: 'Search',
    all: 'Show all roles',
    found: '{count} of {all} roles',
    noneFound: 'None of your roles has all of these words. Try fewer of them.',
    unanswered: 'Choose the role in which you work now.',
  },
  signOut: {
    title: 'Do you want to sign out?',
    lead: '{asking} asks to sign you out of your care identity {where}.',
    page: 'A page',
    everywhere: 'everywhere in this browser',
    elsewhere: 'in another browser or application',
    button: 'Sign out',
    stay: 'To stay signed in, close this page.',
    doneTitle: 'You are signed out',
    done: 'You are signed out of your care identity in this browser. The applications that you used have been told.',
    card: 'If your smartcard is in the reader, the Identity Agent still knows you. Take the card with you when you leave.',
  },
  /** Behind an officer's link, and at the end of every enrolment. */
  enrolment: {
    title: 'Set up a way to sign in',
    what: 'What',
    onlyYou: 'Go on only if this is you. The link works once, and for 15 minutes.',
    begin: 'Begin',
    doneTitle: 'You can sign in with it now',
    done: '[{label}] is set up. {note}',
    close: 'You can close this page, and choose it when you sign in next time.',
  },
  account: {
    /** What asks for the sign-in of a person who opens it. */
    application: 'Care identity account',
    title: 'Your ways to sign in',
    signedOut: 'Nobody is signed in here, or it is too long ago.',
    at: '{name}, level {level}',
    none: 'You have none beside your smartcard.',
    smartcards: 'Smartcards are looked after by your registration authority.',
    kind: 'Kind',
    kindAt: '{kind}, level {level}',
    added: 'Added',
    used: 'Last used',
    never: 'never',
    tooLow: 'It needs a sign-in at level {level} to be changed.',
    change: 'Rename or remove',
    add: 'Add another way to sign in',
    addWhat: 'What do you want to add?',
    addButton: 'Add it',
    thirdOnly: 'With a sign-in at level 3 only',
    third: 'Sign in at level 3',
    rename: 'Rename it',
    name: 'Name',
    save: 'Save',
    remove: 'Remove it',
    removing: 'It will not sign you in any more.',
    ofYours: 'You are signed in with it, so you will be signed out.',
    ofOthers: 'Whoever has signed in with it will be signed out.',
    back: 'Back to your ways to sign in',
    again: 'Before you change anything, you will be asked for your PIN or another way to sign in.',
    others: 'Your other sessions',
    otherSession: 'You are also signed in in another browser or application.',
    otherSessions: 'You are also signed in in {others} other browsers or applications.',
    endOthers: 'Sign out there',
  },
  /** Mails to the holder after a change. `{label}` is the name of the way to sign in. */
  notice: {
    subjects: {
      added: 'A way to sign in was added to your care identity',
      renamed: 'A way to sign in to your care identity was renamed',
      removed: 'A way to sign in to your care identity was removed',
    },
    changes: {
      added: 'A new way to sign in to your care identity was set up on {time}: {label}.',
      renamed: 'A way to sign in to your care identity was renamed on {time}. Its name is now: {label}.',
      removed: 'A way to sign in to your care identity was removed on {time}: {label}.',
    },
    ifYou: 'If this was you, you do not need to do anything.',
    ifNot:
      'If it was not you, tell your Registration Authority at once. Somebody else may be using your care identity.',
  },
  error: {
    title: 'We cannot go on from here',
    help: 'If you ask for help, give this number: {number}',
    developers: 'For developers',
    error: 'Error',
    why: 'Why',
    who: 'Who must act',
    fix: 'Fix',
    rule: 'Rule',
    actors: {
      user: 'the person at the desk',
      developer: 'the developer of the application',
      operator: 'the operator of this service',
      agent: 'the Identity Agent',
    },
  },
  /** Refusals that people see, by their names in the catalogue. */
  errors: {
    unexpected: 'Something went wrong here.',
    pageUnknown:
      'There is nothing at this address. Was it copied whole? Otherwise go back to your application and begin again.',
    requestMalformed: 'The request is not well-formed.',
    requestTooLong: 'A part of the request is too long.',
    parameterRepeated: 'A parameter came more than once.',
    clientMissing: 'The request names no client.',
    clientUnknown: 'The client is not known here.',
    redirectMissing: 'The request has no redirect_uri.',
    redirectUnknown: 'The redirect_uri is not registered for this client.',
    linkUnknown: 'This link has run out or was used before. Ask your registration authority for a new one.',
    enrolmentUnknown: 'This page has run out, was used before, or belongs to another browser. Begin again.',
    foreignPage: 'That did not come from a page of this service. Go back and try again.',
    notSignedIn:
      'Nobody is signed in here, or it is too long ago. Open the page of your ways to sign in again.',
    accountLevel:
      'You are signed in at a lower level than this needs. Sign in with your smartcard or another way of level 3, and come back.',
    credentialUnknown: 'There is no such way to sign in any more.',
    interactionUnknown:
      'This sign-in has run out or belongs to another browser. Go back to your application and begin again.',
    returnRefused:
      'This sign-in does not belong to this browser, or it was used before. Go back to your application and begin again.',
    sessionEnded: 'The smartcard session has ended.',
    cisUnreachable: 'CIS does not answer.',
    logoutClient: 'The client_id is not the one of the id_token_hint.',
    logoutRedirect: 'The post_logout_redirect_uri is not registered for this client.',
    logoutUnknown: 'This question has run out. Sign out again.',
    busy: 'Too many people sign in at this moment. Wait a little and try again.',
    tooManyRows: 'There are too many sign-ins from your network at this moment. Wait a minute and try again.',
  },
} as const;

type Wide<T> = T extends string
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Wide<Item>[]
    : { readonly [Name in keyof T]: Wide<T[Name]> };

/** What a translation holds: the same places, other words. */
export type Words = Wide<typeof english>;
