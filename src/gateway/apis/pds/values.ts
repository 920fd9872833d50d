import type { JsonObject } from '@alongside/kernel/json';
import { outcomes } from './outcomes.ts';
import type { Extension, Patient } from './patient.ts';
import { pythonOf } from './python.ts';
import { extensionUrls, urls } from './vocabulary.ts';

/** The published ranges of characters in names (specification, patient-patch): 32, 39, 45, 46, 48-57, letters up to U+017F. */
const nameText = /^[ '\-.0-9A-Za-zÀ-ÖØ-öø-ſ]*$/u;
/** Titles that are stored only in this form. */
const titles = new Map(
  ['Mr', 'Mrs', 'Ms', 'Dr', 'Rev', 'Sir', 'Lady', 'Lord'].map((title) => [title.toLowerCase(), title]),
);
/** Control characters and halves of surrogate pairs. */
const unprintable = /[\p{Cc}\p{Cs}]/u;

/** ISO 3166-1: three letters and the two letters of the same country. */
const countries = new Map(
  (
    'ABWAW AFGAF AGOAO AIAAI ALAAX ALBAL ANDAD AREAE ARGAR ARMAM ASMAS ATAAQ ATFTF ATGAG AUSAU AUTAT AZEAZ BDIBI BELBE BENBJ ' +
    'BESBQ BFABF BGDBD BGRBG BHRBH BHSBS BIHBA BLMBL BLRBY BLZBZ BMUBM BOLBO BRABR BRBBB BRNBN BTNBT BVTBV BWABW CAFCF CANCA ' +
    'CCKCC CHECH CHLCL CHNCN CIVCI CMRCM CODCD COGCG COKCK COLCO COMKM CPVCV CRICR CUBCU CUWCW CXRCX CYMKY CYPCY CZECZ DEUDE ' +
    'DJIDJ DMADM DNKDK DOMDO DZADZ ECUEC EGYEG ERIER ESHEH ESPES ESTEE ETHET FINFI FJIFJ FLKFK FRAFR FROFO FSMFM GABGA GBRGB ' +
    'GEOGE GGYGG GHAGH GIBGI GINGN GLPGP GMBGM GNBGW GNQGQ GRCGR GRDGD GRLGL GTMGT GUFGF GUMGU GUYGY HKGHK HMDHM HNDHN HRVHR ' +
    'HTIHT HUNHU IDNID IMNIM INDIN IOTIO IRLIE IRNIR IRQIQ ISLIS ISRIL ITAIT JAMJM JEYJE JORJO JPNJP KAZKZ KENKE KGZKG KHMKH ' +
    'KIRKI KNAKN KORKR KWTKW LAOLA LBNLB LBRLR LBYLY LCALC LIELI LKALK LSOLS LTULT LUXLU LVALV MACMO MAFMF MARMA MCOMC MDAMD ' +
    'MDGMG MDVMV MEXMX MHLMH MKDMK MLIML MLTMT MMRMM MNEME MNGMN MNPMP MOZMZ MRTMR MSRMS MTQMQ MUSMU MWIMW MYSMY MYTYT NAMNA ' +
    'NCLNC NERNE NFKNF NGANG NICNI NIUNU NLDNL NORNO NPLNP NRUNR NZLNZ OMNOM PAKPK PANPA PCNPN PERPE PHLPH PLWPW PNGPG POLPL ' +
    'PRIPR PRKKP PRTPT PRYPY PSEPS PYFPF QATQA REURE ROURO RUSRU RWARW SAUSA SDNSD SENSN SGPSG SGSGS SHNSH SJMSJ SLBSB SLESL ' +
    'SLVSV SMRSM SOMSO SPMPM SRBRS SSDSS STPST SURSR SVKSK SVNSI SWESE SWZSZ SXMSX SYCSC SYRSY TCATC TCDTD TGOTG THATH TJKTJ ' +
    'TKLTK TKMTM TLSTL TONTO TTOTT TUNTN TURTR TUVTV TWNTW TZATZ UGAUG UKRUA UMIUM URYUY USAUS UZBUZ VATVA VCTVC VENVE VGBVG ' +
    'VIRVI VNMVN VUTVU WLFWF WSMWS YEMYE ZAFZA ZMBZM ZWEZW'
  )
    .split(' ')
    .map((pair) => [pair.slice(0, 3), pair.slice(3)]),
);
/** Parts of the British Isles that ISO 3166 does not list (specification, BirthPlace). */
const localCountries = new Set(['1', '2', '3', '4', '7', '9', '10']);
const countryNames = new Intl.DisplayNames('en', { type: 'region' });
const languageNames = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });

/** Returns the English name of a country by its three letters; undefined for unknown letters. */
export function countryName(code: string): string | undefined {
  const two = countries.get(code);
  return two === undefined ? undefined : countryNames.of(two);
}

/** Returns whether a language may be recorded: ISO 639-1 and five local codes, without English (specification, Language). */
export const isPreferredLanguage = (code: string): boolean =>
  /^q[1-5]$/.test(code) || (/^[a-z]{2}$/.test(code) && code !== 'en' && languageNames.of(code) !== undefined);

/** Returns the published refusal of a value, with its beginning. A value with too many parts is not shown. */
export function invalid(field: string, value: unknown) {
  const parts = isWithinLimits(value) ? pythonOf(value).slice(0, 1_000) : '';
  return outcomes.invalidField(`${field} has a value that is not allowed`, {
    field,
    value: typeof value === 'string' ? value.slice(0, 100) : parts,
  });
}

/** Refuses control characters and halves of surrogate pairs in any text, and in the names of members. */
export function checkTexts(value: unknown, path: readonly string[] = []): void {
  if (typeof value === 'string' && unprintable.test(value)) throw invalid(path.join('/'), value);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    if (unprintable.test(key)) throw invalid(path.join('/'), key);
    checkTexts(part, [...path, key]);
  }
}

/** Refuses a request body with a member that is too deep or too long, or with unprintable texts. */
export function checkBody(sent: JsonObject): void {
  const wide = Object.keys(sent).find((member, at) => at === longest || !isWithinLimits(sent[member]));
  if (wide !== undefined) throw invalid(wide.slice(0, 100), sent[wide]);
  checkTexts(sent);
}

/** Runs a check for each entry of a list that is new or changed. */
function eachChanged<T>(
  before: readonly T[] = [],
  after: readonly T[] = [],
  check: (entry: T, at: number) => void,
): void {
  const known = new Set(before.map((entry) => JSON.stringify(entry)));
  for (const [at, entry] of after.entries()) if (!known.has(JSON.stringify(entry))) check(entry, at);
}

function checkNames(before: Partial<Patient>, after: Partial<Patient>): void {
  eachChanged(before.name, after.name, ({ family, given = [], prefix = [], suffix = [] }, at) => {
    const parts = { family: [family], given, prefix, suffix };
    for (const [part, values] of Object.entries(parts))
      for (const value of values) if (!nameText.test(value)) throw invalid(`name/${at}/${part}`, value);
    for (const [place, value] of prefix.entries())
      if ((titles.get(value.toLowerCase()) ?? value) !== value)
        throw invalid(`name/${at}/prefix/${place}`, value);
    for (const [place, value] of suffix.entries())
      if (!/^[A-Z]/.test(value)) throw invalid(`name/${at}/suffix/${place}`, value);
  });
}

function checkDeathStatus({ extension = [] }: Extension, at: number): void {
  for (const [place, { url, valueCodeableConcept }] of extension.entries()) {
    const code = valueCodeableConcept?.coding[0]?.code;
    if (url !== 'deathNotificationStatus' || code === '1' || code === '2') continue;
    const field = `extension/${at}/extension/${place}/valueCodeableConcept/coding/0/code`;
    throw code === 'U'
      ? outcomes.unsupportedValue('a legacy status of a death', { field, value: code })
      : invalid(field, code ?? '');
  }
}

/** Refuses values that the published lists exclude, in entries that are new or changed. */
export function checkValues(before: Partial<Patient>, after: Partial<Patient>): void {
  checkNames(before, after);
  eachChanged(before.extension, after.extension, (extension, at) => {
    if (extension.url === extensionUrls.deathNotification) checkDeathStatus(extension, at);
    const country = extension.url === urls.birthPlace ? extension.valueAddress?.country : undefined;
    if (country !== undefined && !countries.has(country) && !localCountries.has(country))
      throw invalid(`extension/${at}/valueAddress/country`, country);
  });
}

/** Maximum nesting of a value; a record needs eight levels. */
const deepest = 12;

/** Maximum length of a text and of a list; no record has longer ones. */
const longest = 1_000;

/** Returns whether a value is within the limits, so that comparing it is quick. */
export function isWithinLimits(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return value.length <= longest;
  if (typeof value !== 'object' || value === null) return true;
  if (depth >= deepest) return false;
  const parts = Object.values(value);
  return parts.length <= longest && parts.every((part) => isWithinLimits(part, depth + 1));
}
