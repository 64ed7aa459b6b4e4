// Tells the server which zone this browser is in, so that times need no script to be right.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
const kept = document.cookie.split("; ").find((one) => one.startsWith("inlet_zone="));

document.documentElement.classList.add("js");

/** Whether the server wrote the times of this page for another zone than the browser's. */
export const zoneChanged = kept !== `inlet_zone=${encodeURIComponent(zone)}`;

if (zoneChanged && zone) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `inlet_zone=${encodeURIComponent(zone)}; Path=/; Max-Age=31536000; SameSite=Strict${secure}`;
}
