/** Given names by sex and by the half century of birth, the most frequent first. */
export const givenNames = {
  female: [
    'Margaret Mary Patricia Jean Susan Joan Christine Barbara Linda Sheila Dorothy Maureen Ann Brenda Valerie Irene Jacqueline Elaine Beryl Gillian Hazel Marion Rita Eileen Vera Pamela Doreen Audrey Sylvia Judith',
    'Sarah Emma Nicola Claire Joanne Rebecca Samantha Laura Olivia Amelia Isla Ava Emily Sophie Chloe Jessica Grace Lily Freya Poppy Zara Aisha Fatima Priya Anya Niamh Seren Zofia Maja Yasmin Leila Chidinma',
  ],
  male: [
    'John David Peter Michael Alan Robert Brian Derek Kenneth Ronald Raymond Keith Roy Dennis Terence Gordon Norman Stanley Leslie Trevor Colin Malcolm Barry Geoffrey Roger Clive Desmond Cyril Ernest Harold',
    'James Daniel Matthew Thomas Christopher Andrew Oliver Noah Arthur Leo George Harry Jack Muhammad Mohammed Adam Samuel Joseph Alfie Theo Oscar Finley Rhys Callum Ibrahim Arjun Yusuf Kacper Jakub Emeka Kwame Luca',
  ],
} as const;

/** Beginnings and endings of invented family names: some 3,600 combinations. */
const beginnings =
  'Ash Bar Beck Bel Birk Black Brad Bram Bray Bright Brook Burn Cald Carl Clay Clif Cob Cran Cros Dal Den Dew Drax Dun Eas Elm Fair Far Fen Fern Fleet Fox Gar Gold Grim Hal Ham Har Hart Hath Haw Hazel Hol Horn Hum Kel Kirk Lang Lin Lock Long Mar Mill Moor Nor Oak Pen Quar Rad Raven Rush Sel Shaw Stan Thorn Wal Whit Win Wood Yar Young'.split(
    ' ',
  );
const endings =
  'well by combe cott croft den dale don field ford gate grave ham hill holm hurst land ley lock low man mere moor more ridge shaw side sley stead stock stone stow thorpe ton wick wood worth wright bank bourne bridge brook cliffe dyke fold garth head mouth shire'.split(
    ' ',
  );

/** The family names, the most frequent first. */
export const familyNames: readonly string[] = endings.flatMap((ending, at) =>
  beginnings.map((_, turn) => `${beginnings[(turn * 7 + at * 13) % beginnings.length]}${ending}`),
);

/** Accented letters, as in family names from abroad. */
export const accents: Readonly<Record<string, string>> = {
  a: 'á',
  e: 'é',
  i: 'í',
  o: 'ö',
  u: 'ü',
  c: 'ç',
  n: 'ñ',
};

export const streets =
  'Alder Beacon Cobbler Dovecote Elder Ferry Granary Heron Ivy Juniper Kestrel Larch Mallard Nettle Orchard Paddock Quarry Rowan Saddler Tanner Ullin Vine Weaver Yew'.split(
    ' ',
  );
export const streetKinds = ['Street', 'Road', 'Lane', 'Close', 'Court', 'Rise', 'Way', 'Row'];

/** Postcode areas with their towns. The inward codes have letters that no postcode has. */
export const areas: readonly (readonly [area: string, town: string])[] = [
  ['B', 'Birmingham'],
  ['BD', 'Bradford'],
  ['BN', 'Brighton'],
  ['BS', 'Bristol'],
  ['CB', 'Cambridge'],
  ['CF', 'Cardiff'],
  ['CV', 'Coventry'],
  ['DE', 'Derby'],
  ['DH', 'Durham'],
  ['EX', 'Exeter'],
  ['HU', 'Hull'],
  ['L', 'Liverpool'],
  ['LE', 'Leicester'],
  ['LN', 'Lincoln'],
  ['LS', 'Leeds'],
  ['M', 'Manchester'],
  ['NE', 'Newcastle upon Tyne'],
  ['NG', 'Nottingham'],
  ['NR', 'Norwich'],
  ['OX', 'Oxford'],
  ['PL', 'Plymouth'],
  ['S', 'Sheffield'],
  ['SO', 'Southampton'],
  ['YO', 'York'],
];
