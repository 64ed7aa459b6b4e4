// How many characters and SMS segments a text takes. Pure.
// Source: 3GPP TS 23.038, the GSM 7-bit default alphabet and its extension table.

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENDED = new Set("^{}\\[~]|€\f");

/**
 * @param {string} text
 * @returns {{ characters: number, segments: number, alphabet: "GSM-7" | "Unicode", left: number, culprit: string }}
 *   `left` is what still fits in the last segment; `culprit` the first character that needs Unicode
 */
export function segments(text) {
  const characters = [...text];
  const culprit = characters.find((one) => !BASIC.has(one) && !EXTENDED.has(one)) ?? "";
  const isGsm = culprit === "";
  const units = isGsm
    ? characters.reduce((sum, one) => sum + (EXTENDED.has(one) ? 2 : 1), 0)
    : text.length;
  const [whole, part] = isGsm ? [160, 153] : [70, 67];
  const count = units === 0 ? 0 : units <= whole ? 1 : Math.ceil(units / part);
  const room = count <= 1 ? whole : count * part;
  return {
    characters: characters.length,
    segments: count,
    alphabet: isGsm ? "GSM-7" : "Unicode",
    left: room - units,
    culprit,
  };
}
