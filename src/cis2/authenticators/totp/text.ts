export const totpText = {
  label: 'Authenticator app',
  hint: 'Your e-mail address, your password and a code from the app on your phone.',
  enrolmentHint: 'A phone with an app that shows codes of six digits, and a password that you choose.',
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
    'The e-mail address, the password or the code is wrong, or you have already used the code. Wait for the next code and try again.',
  locked: 'There were too many wrong tries. Wait 15 minutes and try again, or choose another way to sign in.',
  tooLate: 'This took too long. Start again.',
  enrolment: {
    title: 'Set up an authenticator app',
    /** The name of the key in the app. */
    issuer: 'Alongside {service}',
    replaces: 'You already have an authenticator app. A new one replaces it.',
    scan: 'Scan this picture with your authenticator app.',
    picture: 'QR code for your authenticator app',
    byHand: 'If you cannot scan it, type this key into the app:',
    code: 'Code from the app',
    codeHint: 'The six digits that the app shows now',
    wrongCode:
      'This is not the code that the app shows now. Check that the time on your phone is right, and try again.',
    added: 'You can now sign in with your e-mail address, your password and a code from the app.',
  },
};
