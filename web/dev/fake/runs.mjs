/** Invented runs, their events and the schedule. */

export const runRoutes = () => [];
