/** Between a time of day and the cron line that means it. */

const DAILY = /^(\d{1,2}) (\d{1,2}) \* \* \*$/;

/** "03:00" of a cron line that runs once a day; empty for any other. */
export function timeOf(cron: string | null): string {
  const [, minute, hour] = DAILY.exec(cron?.trim() ?? "") ?? [];
  if (minute === undefined || hour === undefined || Number(minute) > 59 || Number(hour) > 23) return "";
  return `${hour.padStart(2, "0")}:${minute.padStart(2, "0")}`;
}

export function cronOf(time: string): string {
  const [hour, minute] = time.split(":").map(Number);
  return `${minute ?? 0} ${hour ?? 0} * * *`;
}
