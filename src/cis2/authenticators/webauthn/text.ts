/** `{thing}` is "your security key", for example. */
export const webAuthnText = {
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
    hint: 'Use a passkey on your phone or on this computer.',
    enrolmentHint: 'A phone, a tablet or a password manager that stores passkeys.',
  },
  signIn: 'Sign in with {thing}',
  otherWay: 'Use another way to sign in',
  setUp: 'Set up {thing}',
  setUpButton: 'Set it up',
  name: 'Name it',
  nameHint: 'A name helps you to recognise it',
  noScript: 'Turn on JavaScript in your browser to use {thing}.',
  waiting: 'Waiting for {thing}. Follow the instructions of your browser.',
  done: 'Checking …',
  // By the names of the errors that browsers raise (WebAuthn sections 5.1.3 and 5.1.4.1).
  browser: {
    NotAllowedError: 'There was no response from {thing}, or it took too long. Try again.',
    InvalidStateError: 'You have already set this one up. Try again with another one.',
    NotSupportedError: 'This browser cannot use {thing}. Use another browser or another way to sign in.',
    SecurityError: 'This browser does not allow {thing} at this address. Ask your IT team.',
    ConstraintError: 'You cannot use this one, because it does not ask for a PIN, a finger or a face.',
    other: 'The browser could not use {thing}. Try again.',
  },
  malformed: 'Your browser sent an incomplete response. Try again.',
  tooLate: 'This took too long, or you sent it twice. Try again.',
  unknown: 'We do not know this one. Try another one, or ask your registration authority to set it up.',
  refused: 'We could not accept the response of {thing}. Try again, or use another way to sign in.',
  tooLow: 'This sign-in is level {level}, and {application} needs more. Choose another way to sign in.',
  notAdded: 'We could not accept the response of {thing}. Try again, or use another one.',
  addedThird: 'It signs you in at level 3, the highest level.',
  addedSecond:
    'It signs you in at level 2. Applications that need level 3 ask you for another way to sign in.',
};
