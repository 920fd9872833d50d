import { errorPageWords } from '@alongside/kernel/error-page';

/**
 * The English text of the pages of CIS2, except those of authenticators, which have a `text.ts` each. `{name}` is a value. The page
 * marks up the text in [brackets], for example as a link.
 */
export const english = {
  /** Language of the pages and their dates (BCP 47). */
  locale: 'en-GB',
  /** Name in the header of the pages. */
  serviceName: 'Care identity sign-in',
  /** The frame of every page. */
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
    redirecting: 'You are being redirected.',
    goingBack: 'Going back to {application}',
    goingTo: 'Signing in to {application}',
  },
  choice: {
    title: 'Sign in',
    titleAgain: 'Sign in again',
    legend: 'How do you want to sign in?',
    another: 'Not you?',
    notEnough: '{application} needs a different way to sign in.',
    signedInAs: 'You are signed in as {name}.',
    hinted: 'Your application has told us who is signing in.',
    opened: 'A small window has opened. If it asks for your PIN, enter it there.',
    closed: 'If it has closed and nothing happens here, [continue].',
    here: 'If no window has opened, [sign in with the {way} in this window].',
    otherWay: 'Or choose another way to sign in above.',
    help: '[If your smartcard does not work] (opens in a new tab)',
    levelUnmet: 'The application needs a different way to sign in. Choose another one.',
    pinOld: 'The application needs your PIN again. Sign in again and enter your PIN.',
  },
  window: {
    title: 'You can close this window',
    elsewhere: 'Your sign-in continues in the window where you started.',
    here: 'Continue in this window instead',
  },
  /** Shown if the Identity Agent does not respond. The codes are explained on the page Troubleshooting of the documentation. */
  help: {
    title: 'If your smartcard does not work',
    unreachable: 'This computer cannot read smartcards just now',
    next: 'Wait a minute, then try again.',
    code: 'If it happens again, give your IT team this code: {code}',
    /** No response of the Identity Agent; nothing came back from the small window. */
    codes: { silent: 'SC-1', unreturned: 'SC-2' },
    forIt: 'For IT',
    lead: 'To sign in with a smartcard, the browser connects to the Identity Agent on this computer. If it cannot reach 127.0.0.1, check these causes:',
    otherwise:
      'Wait a minute, then go back to your application and start again, or choose another way to sign in.',
    /** Causes of a failed hop, and their fixes. */
    causes: [
      {
        cause: 'The Identity Agent is not running on this computer.',
        fix: 'Start it, or ask your IT team to install it. It must run on the computer that you are using.',
      },
      {
        cause: 'Another program uses the port of the Identity Agent.',
        fix: 'Run “alongside agent doctor” to find the program. Stop that program and start the Identity Agent again.',
      },
      {
        cause: 'A proxy is set up for localhost.',
        fix: 'Remove 127.0.0.1 and localhost from the proxy settings of the browser or the computer.',
      },
      {
        cause: 'A browser policy (Local Network Access) stops pages from reaching this computer.',
        fix: 'Ask your IT team to allow this site in the policy LoopbackNetworkAllowedForUrls.',
      },
      {
        cause: 'The browser blocked the small window.',
        fix: 'Allow pop-up windows for this site, or use the link “sign in with the smartcard in this window”.',
      },
      {
        cause: 'The reader or the card was not found.',
        fix: 'Remove the card and insert it again, with the chip first and facing up. Try another USB port for the reader.',
      },
    ],
  },
  confirm: {
    title: 'Continue as {name}?',
    lead: 'You are signing in to {application}.',
    yes: 'Continue as {name}',
    another: 'Sign in another way',
  },
  role: {
    title: 'Choose your role',
    legend: 'Which role are you working in?',
    search: 'Search your roles',
    searchHint: 'A job, an organisation or its code',
    searchButton: 'Search',
    all: 'Show all roles',
    found: '{count} of {all} roles',
    noneFound: 'None of your roles contains all of these words. Try fewer words.',
    unanswered: 'Choose the role you are working in.',
  },
  signOut: {
    title: 'Do you want to sign out?',
    lead: '{asking} wants to sign you out of your care identity {where}.',
    page: 'A page',
    everywhere: 'everywhere in this browser',
    elsewhere: 'in another browser or application',
    button: 'Sign out',
    stay: 'To stay signed in, close this page.',
    doneTitle: 'You are signed out',
    done: 'You are signed out of your care identity in this browser. We have notified the applications that you used.',
    card: 'If your smartcard is in the reader, you are still signed in to the Identity Agent. Take your smartcard with you when you leave.',
  },
  /** The page of an officer's link, and the last page of every enrolment. */
  enrolment: {
    title: 'Set up a way to sign in',
    what: 'Way to sign in',
    onlyYou: 'Continue only if this is you. The link works once, within 15 minutes.',
    begin: 'Begin',
    doneTitle: 'Your new way to sign in is ready',
    done: '[{label}] is set up. {note}',
    close: 'You can close this page. Choose this way the next time you sign in.',
  },
  account: {
    /** Name of the account page as an application. */
    application: 'Care identity account',
    title: 'Your ways to sign in',
    signedOut: 'You are not signed in, or you signed in too long ago.',
    at: '{name}, level {level}',
    none: 'You have not added any ways to sign in.',
    smartcards: 'Your registration authority manages your smartcard.',
    kind: 'Kind',
    kindAt: '{kind}, level {level}',
    added: 'Added',
    used: 'Last used',
    never: 'never',
    tooLow: 'Sign in at level {level} to change it.',
    change: 'Rename or remove',
    add: 'Add another way to sign in',
    addWhat: 'What do you want to add?',
    addButton: 'Add it',
    thirdOnly: 'These need a sign-in at level 3',
    third: 'Sign in at level 3',
    rename: 'Rename it',
    name: 'Name',
    save: 'Save',
    remove: 'Remove it',
    removing: 'You will no longer be able to sign in with it.',
    ofYours: 'You are signed in with it, so we will sign you out.',
    ofOthers: 'Any sessions that used it will end.',
    back: 'Back to your ways to sign in',
    again: 'Before you change anything, you will need to sign in again.',
    signingIn: 'Signing in again',
    others: 'Your other sessions',
    otherSession: 'You are also signed in in another browser or application.',
    otherSessions: 'You are also signed in in {others} other browsers or applications.',
    endOthers: 'Sign out there',
  },
  /** Mails to the owner after a change. `{label}` is the name of the authenticator. */
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
      'If it was not you, contact your registration authority immediately. Someone else may be using your care identity.',
  },
  error: errorPageWords,
  /** Errors for users, by their names in the catalogue. */
  errors: {
    unexpected: 'Something went wrong.',
    pageUnknown:
      'There is nothing at this address. Check that you copied the whole address. If you did, go back to your application and start again.',
    requestMalformed: 'The request is not well-formed.',
    requestTooLong: 'A part of the request is too long.',
    parameterRepeated: 'The request contains a parameter more than once.',
    clientMissing: 'The request has no client_id.',
    clientUnknown: 'The client is unknown.',
    redirectMissing: 'The request has no redirect_uri.',
    redirectUnknown: 'The redirect_uri is not registered for this client.',
    linkUnknown: 'This link has expired or was already used. Ask your registration authority for a new one.',
    enrolmentUnknown: 'This page has expired, was already used, or belongs to another browser. Start again.',
    foreignPage: 'The form was not sent from a page of this service. Go back and try again.',
    notSignedIn:
      'You are not signed in, or you signed in too long ago. Open the page of your ways to sign in again.',
    accountLevel:
      'You need to sign in at a higher level. Sign in with your smartcard or another way of level 3.',
    credentialUnknown: 'This way to sign in no longer exists.',
    interactionUnknown:
      'This sign-in has expired or belongs to another browser. Go back to your application and start again.',
    returnRefused:
      'This sign-in does not belong to this browser, or it was already used. Go back to your application and start again.',
    sessionEnded: 'The smartcard session has ended.',
    cisUnreachable: 'CIS is not responding.',
    logoutClient: 'The client_id is not the one of the id_token_hint.',
    logoutRedirect: 'The post_logout_redirect_uri is not registered for this client.',
    logoutUnknown: 'This question has expired. Sign out again.',
    busy: 'Too many people are signing in. Wait a minute and try again.',
    tooManyRows: 'There are too many sign-ins from your network. Wait a minute and try again.',
  },
} as const;

type Wide<T> = T extends string
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Wide<Item>[]
    : { readonly [Name in keyof T]: Wide<T[Name]> };

/** The texts of a translation. */
export type Words = Wide<typeof english>;
