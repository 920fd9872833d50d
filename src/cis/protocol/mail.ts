/** Body of `POST /directory/people/{uid}/mail`, CIS2: a mail to the person in plain text. Each `id` is sent once. */
export interface PersonMail {
  id: string;
  subject: string;
  text: string;
}

export interface PersonMailAnswer {
  /** False if the directory does not contain the person's address. */
  mailed: boolean;
}
