/** Invented imports, suspects and quarantine. */

export const dataRoutes = () => [];
