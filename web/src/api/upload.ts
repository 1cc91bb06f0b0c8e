/** Sends a file and tells how much of it is on its way; fetch cannot tell that. */

import { address, ApiError, type Query } from "./client";

export interface Uploading<T> {
  done: Promise<T>;
  cancel: () => void;
}

/** POST `file` as it is; `progress` gets a share from 0 to 1. */
export function upload<T>(path: string, query: Query, file: Blob, progress: (share: number) => void): Uploading<T> {
  const request = new XMLHttpRequest();
  const done = new Promise<T>((resolve, reject) => {
    request.open("POST", address(path, query));
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "text";
    request.upload.onprogress = (event) => progress(event.lengthComputable ? event.loaded / event.total : 0);
    request.onload = () => {
      const said = readJson(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(said as T);
      else reject(new ApiError(request.status, said?.title ?? "", said?.detail ?? `Avocet answered ${request.status}`, said?.type, said?.errors ?? []));
    };
    request.onerror = () => reject(new ApiError(0, "No answer", "The line was cut, or the file is too large. Nothing was taken in."));
    request.onabort = () => reject(new ApiError(0, "Cancelled", "Cancelled. Nothing was taken in."));
    request.send(file);
  });
  return { done, cancel: () => request.abort() };
}

function readJson(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
