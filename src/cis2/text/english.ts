import type { HandOffError } from '../../../identity-agent/protocol.ts';

/** Why a hand-off brought nobody, for the person at the desk. An empty sentence needs no explanation. */
const handOff: Readonly<Record<HandOffError, string>> = {
  cancelled: '',
  another_way: '',
  no_card: 'There was no smartcard in the reader. Put your smartcard in and try again.',
  login_required: 'Nobody is signed in at the Identity Agent. Put your smartcard in and try again.',
  card_blocked:
    'Your smartcard is blocked after too many wrong PINs. Your registration authority can unblock it.',
  card_rejected: 'Your smartcard was not accepted. Your registration authority can say why and renew it.',
  no_role:
    'Your smartcard has no role, and this computer asks for one. Your registration authority can give you one.',
  cis_unreachable: 'The Identity Agent could not reach the Care Identity Service. Try again in a moment.',
};

/**
 * Every sentence that a person sees on the pages of CIS2, in English. `{name}` stands for a value that is filled in, and what
 * stands in [brackets] is marked up by the page: a link, or words of weight.
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
  handOff,
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
  /** The ways to sign in: what they are called, and what is needed to sign in and to be given one. */
  ways: {
    smartcard: {
      label: 'Smartcard',
      hint: 'Put your smartcard in the reader. You may be asked for your PIN.',
    },
    securityKey: {
      label: 'Security key',
      thing: 'your security key',
      hint: 'Put your security key into the computer or hold it near. You will be asked for its PIN or your finger.',
      enrolmentHint: 'A key that you put into a USB port or hold near, with a PIN or a fingerprint reader.',
    },
    windowsHello: {
      label: 'Windows Hello',
      thing: 'Windows Hello',
      hint: 'Sign in with your face, your finger or the PIN of this computer.',
      enrolmentHint: 'A computer that you use yourself, with a camera, a fingerprint reader or a PIN.',
    },
    passkey: {
      label: 'Passkey',
      thing: 'your passkey',
      hint: 'Use a passkey of your phone or of this computer.',
      enrolmentHint: 'A phone, a tablet or a password manager that keeps passkeys.',
    },
    tablet: {
      label: 'Tablet app',
      hint: 'A tablet that is set up for you. It must be near this computer.',
      enrolmentHint: 'A tablet with a browser, which will be yours alone.',
    },
    totp: {
      label: 'Authenticator app',
      hint: 'Your e-mail address, your password and a code from the app on your phone.',
      enrolmentHint: 'A phone with an app that shows codes of six digits, and a password that you choose.',
    },
    federated: {
      hint: 'You sign in at {provider}, and come back.',
      enrolmentHint: 'An account at {provider}.',
    },
    persona: {
      label: 'Anybody',
      hint: 'For development: be one of the fictional people, without any proof.',
    },
    password: {
      label: 'Password',
      hint: 'Your user name and your password. For development.',
      enrolmentHint: 'A password of 12 characters or more, for the development realm.',
    },
  },
  /** Security keys, Windows Hello and passkeys. `{thing}` is "your security key", for example. */
  webAuthn: {
    signIn: 'Sign in with {thing}',
    otherWay: 'Use another way to sign in',
    setUp: 'Set up {thing}',
    setUpButton: 'Set it up',
    name: 'Name it',
    nameHint: 'So that you know it from others that you may have',
    noScript: 'Your browser must run JavaScript to use {thing}.',
    waiting: 'Waiting for {thing}. Do what your browser asks for.',
    done: 'Checking …',
    // By the names of the errors that browsers raise (WebAuthn sections 5.1.3 and 5.1.4.1).
    browser: {
      NotAllowedError: 'Nothing came from {thing}, or the time ran out. Try again.',
      InvalidStateError: 'You have set this one up already. Try again with another one.',
      NotSupportedError: 'This browser cannot use {thing}. Use another browser, or another way.',
      SecurityError: 'This browser does not let this address use {thing}. Ask your IT team.',
      ConstraintError: 'This one cannot do what is needed: it must ask for a PIN, a finger or a face.',
      other: 'The browser could not use {thing}. Try again.',
    },
    malformed: 'What your browser sent was not complete. Try again.',
    tooLate: 'That took too long, or it was sent twice. Try again.',
    unknown:
      'What your browser used is not known here. Try another one, or ask your registration authority to set it up.',
    refused: 'The answer of {thing} was not accepted. Try again, or use another way to sign in.',
    tooLow:
      'That sign-in reaches level {level}, and {application} needs more. Choose another way to sign in.',
    notAdded: 'The answer of {thing} was not accepted. Try again, or use another one.',
    addedThird: 'It signs you in at level 3, the highest.',
    addedSecond: 'It signs you in at level 2. Applications that need level 3 will ask for another way.',
  },
  totp: {
    title: 'Sign in with your authenticator app',
    email: 'E-mail address',
    password: 'Password',
    next: 'Continue',
    codeTitle: 'Enter verification code',
    code: 'Verification code',
    codeHint: 'Six digits from your authenticator app. They change every 30 seconds.',
    submit: 'Submit',
    again: 'Start again with your e-mail address and password',
    wrong:
      'The e-mail address, the password or the code is not right, or the code was used before. Wait for the next code and try again.',
    locked:
      'There were too many wrong tries. Wait 15 minutes and try again, or choose another way to sign in.',
    tooLate: 'That took too long. Start again.',
  },
  password: {
    title: 'Sign in with your password',
    lead: 'This realm is for development: a password alone is assurance level 1.',
    name: 'User Name',
    nameHint: 'Your e-mail address',
    password: 'Password',
    next: 'Continue',
    wrong: 'The user name or the password is not right.',
    locked: 'There were too many wrong tries. Wait 15 minutes and try again.',
  },
  /** Setting up an authenticator app, or a password. */
  secrets: {
    title: 'Set up an authenticator app',
    passwordTitle: 'Set a password',
    signInName: 'You sign in with this e-mail address',
    /** How apps list the key. */
    issuer: 'Alongside {service}',
    noEmail:
      'The directory has no e-mail address of yours, and you need one to sign in with. Ask your registration authority to add it.',
    taken: 'Another person signs in with this e-mail address already. Ask your registration authority.',
    twice: 'You have an authenticator app already. Setting up a new one replaces it.',
    scan: 'Scan this picture with your authenticator app.',
    picture: 'QR code for your authenticator app',
    byHand: 'If you cannot scan it, type this key into the app:',
    password: 'New password',
    passwordHint:
      'At least 12 characters. Three or four words that do not belong together are good. Not your name, and nothing that others use as well.',
    repeat: 'New password again',
    code: 'Code from the app',
    codeHint: 'The six digits that the app shows now',
    save: 'Save',
    wrongCode:
      'This is not the code that the app shows now. Check that the phone has the right time, and try again.',
    problems: {
      tooShort: 'The password is too short. Use 12 characters or more.',
      tooLong: 'The password is too long. Use 128 characters or fewer.',
      known: 'Many people use this password, or it is easy to guess. Choose another one.',
      own: 'The password is made of your name or your e-mail address. Choose another one.',
      unequal: 'The two passwords are not the same.',
    },
    totpAdded:
      'From now on you sign in with your e-mail address, your password and the code that the app shows.',
    passwordAdded: 'From now on you sign in with your e-mail address and your password.',
  },
  /** The tablet app, at the desk and on the tablet. */
  tablet: {
    desk: {
      title: 'Sign in with your tablet',
      lead: 'Scan this picture with the camera of your tablet, or open {address} on it and type the code.',
      picture: 'QR code that opens the sign-in on your tablet',
      code: 'Code',
      waiting: 'Waiting for your tablet',
      openedTitle: 'Choose this number on your tablet',
      opened: 'Your tablet asks which number is on this screen.',
      number: 'Number',
      opening: 'Waiting for your answer',
      noScript: 'This page looks again every few seconds.',
      lifetime: 'You have two minutes.',
      cancel: 'Stop',
      again: 'Try again',
      expired: 'The two minutes are over.',
      often: 'There were five tries in this sign-in. Choose another way, or go back to your application.',
      denied: 'You said no on your tablet.',
      wrongNumber:
        'Another number was chosen on the tablet, so the sign-in was stopped. If it was not you who chose, tell your IT team.',
      elsewhere:
        'The tablet that answered is not in the same network as this computer, so the sign-in was stopped.',
      otherWay: 'Choose another way to sign in',
    },
    app: {
      title: 'Tablet',
      noScript: 'Your browser must run JavaScript to be used as a tablet.',
      unverified:
        'The tablet could not make sure that it is you. Use the PIN, finger or face that opens it, and try again.',
      noneTitle: 'This tablet is not set up',
      none: 'Open the link that your registration authority gave you on this tablet, or add a tablet where you are signed in and scan the picture there.',
      demoTitle: 'For development',
      demo: 'Use the tablet of {persona}',
      demoHint: 'A seeded tablet, with a key that everybody knows.',
      readyTitle: 'Sign in at a desk',
      ready:
        'Scan the picture on the screen of the desk with the camera of this tablet, or type the code that stands below it.',
      code: 'Code',
      open: 'Continue',
      questionTitle: 'Is it you who signs in?',
      question: '{application} signs somebody in at a desk near you.',
      questionHint: 'Choose the number that is on the screen of the desk.',
      choose: 'Which number is on the screen?',
      deny: 'No, it is not me',
      working: 'One moment …',
      approvedTitle: 'You are signed in at the desk',
      approved: 'You can put the tablet away.',
      deniedTitle: 'The sign-in was stopped',
      denied: 'Nobody was signed in. If somebody else began it, tell your IT team.',
      problemTitle: 'That did not work',
      unreachable: 'The tablet could not reach the sign-in service. Try again.',
      restart: 'Back',
      joinTitle: 'Set up this tablet',
      join: 'This tablet gets a key of its own, which never leaves it. What it had before is replaced.',
      joinLabel: 'What do you call this tablet?',
      joinButton: 'Set up this tablet',
      joinedTitle: 'Compare this number',
      joined: 'Say yes on the screen of the desk only if it shows the same number.',
    },
    enrolment: {
      title: 'Set up a tablet',
      here: 'If this is the tablet',
      elsewhere: 'If it is another device',
      scan: 'Scan this picture with the camera of the tablet.',
      picture: 'QR code that sets the tablet up',
      waiting: 'Waiting for the tablet',
      compareTitle: 'Does the tablet show this number?',
      compare: 'A tablet wants to be yours. Say yes only if it shows the same number.',
      yes: 'Yes, it is my tablet',
      no: 'No, stop',
      refused: 'The tablet could not be set up. Try again.',
      unverified:
        'The tablet could not make sure that it is you. It must ask for a PIN, a finger or a face. Then try again.',
      added: 'From now on you can sign in with this tablet.',
    },
  },
  /** Sign-ins at another provider. `{provider}` is its name. */
  federated: {
    problems: {
      denied: 'You did not sign in at {provider}. Try again, or choose another way.',
      unreachable: '{provider} does not answer. Try again in a moment, or choose another way.',
      refused: 'What {provider} sent could not be used. Try again, or choose another way.',
      lost: 'That took too long, or was begun elsewhere. Try again.',
      tooLow: '{provider} signed you in without a second factor, and one is needed. Choose another way.',
      unlinked:
        'Your account at {provider} is not linked to your care identity. Ask your registration authority for a link.',
    },
    enrolment: {
      title: 'Link your account at {provider}',
      lead: 'You sign in at {provider} once now. From then on, whoever signs in with that account there is you here.',
      button: 'Sign in at {provider}',
      taken: 'That account is linked already. Use another one, or ask your registration authority.',
      added: 'From now on you can sign in through {provider}.',
    },
  },
  persona: {
    title: 'Sign in as anybody',
    lead: 'For development: choose a person, and you are that person.',
    counts: 'The sign-in counts as level {level}, {methods}.',
    legend: 'Who do you want to be?',
    unchosen: 'Choose a person.',
    next: 'Sign in',
    noRoles: 'no roles',
    oneRole: 'one role',
    roles: '{count} roles',
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
    cardRefused: 'The smartcard was not accepted.',
    cisUnreachable: 'CIS does not answer.',
    logoutClient: 'The client_id is not the one of the id_token_hint.',
    logoutRedirect: 'The post_logout_redirect_uri is not registered for this client.',
    logoutUnknown: 'This question has run out. Sign out again.',
    busy: 'Too many people sign in at this moment. Wait a little and try again.',
    tooManyRows: 'There are too many sign-ins from your network at this moment. Wait a minute and try again.',
    tabletMalformed: 'The tablet sent something that is not well-formed.',
    tabletUnverified:
      'The tablet could not make sure that it is you. It must ask for a PIN, a finger or a face.',
    tabletUnknown: 'This tablet is not set up, or was taken away. Ask your registration authority.',
    tabletCodeUnknown: 'This code is not known, has run out or was used. Begin again at the desk.',
    tabletElsewhere: 'The tablet is not in the same network as the desk, so the sign-in was stopped.',
    tabletBusy: 'Another sign-in waits for your answer. Answer it, or wait two minutes.',
    tabletOften: 'There were five sign-ins in ten minutes. Wait a while.',
    tabletWrongNumber: 'This is not the number on the screen of the desk, so the sign-in was stopped.',
  },
} as const;

type Wide<T> = T extends string
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Wide<Item>[]
    : { readonly [Name in keyof T]: Wide<T[Name]> };

/** What a translation holds: the same places, other words. */
export type Words = Wide<typeof english>;
