/** Where one controller's files lie. */
export interface Hierarchy {
  readonly version: 1 | 2;
  /** The process's own group first, then its visible ancestors up to the mount point. */
  readonly directories: readonly string[];
}

interface Mount {
  readonly root: string;
  readonly point: string;
  readonly version: 1 | 2;
  /** Version 1: controllers among other mount options. */
  readonly options: readonly string[];
}

/**
 * Finds a controller's directories. Never throws; undefined where there are none.
 *
 * On a hybrid host a controller belongs to one version: a version 1 line that names it wins.
 * @param self - `/proc/self/cgroup`, @param mountinfo - `/proc/self/mountinfo`
 * @see cgroups(7), proc_pid_mountinfo(5)
 */
export function locate(
  controller: "cpu" | "memory",
  self: string | undefined,
  mountinfo: string | undefined,
): Hierarchy | undefined {
  if (self === undefined || mountinfo === undefined) return undefined;
  const mounts = mountsOf(mountinfo);
  let unified: Hierarchy | undefined;
  for (const line of self.split("\n")) {
    const first = line.indexOf(":");
    const second = line.indexOf(":", first + 1);
    if (first < 0 || second < 0) continue;
    const controllers = line.slice(first + 1, second);
    const path = line.slice(second + 1);
    if (controllers === "") {
      const mount = mounts.find(({ version }) => version === 2);
      if (mount) unified = { version: 2, directories: upwards(mount, path) };
    } else if (controllers.split(",").includes(controller)) {
      const mount = mounts.find(
        ({ version, options }) => version === 1 && options.includes(controller),
      );
      if (mount) return { version: 1, directories: upwards(mount, path) };
    }
  }
  return unified;
}

function mountsOf(mountinfo: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of mountinfo.split("\n")) {
    const dash = line.indexOf(" - cgroup");
    if (dash < 0) continue;
    const [, , , root, point] = line.slice(0, dash).split(" ");
    const [type, , options] = line.slice(dash + 3).split(" ");
    if (!root || !point || (type !== "cgroup" && type !== "cgroup2")) continue;
    mounts.push({
      root: unescapeMount(root),
      point: unescapeMount(point).replace(/\/$/, ""),
      version: type === "cgroup2" ? 2 : 1,
      options: options?.split(",") ?? [],
    });
  }
  return mounts;
}

/**
 * A container may see its own group mounted as the root while `/proc/self/cgroup` still tells the
 * host's path (strip the root), or stand outside its namespace's root (`/..`: only the mount is left).
 */
function upwards({ root, point }: Mount, path: string): string[] {
  const inside = root === "/" ? path : path === root ? "" : path.slice(root.length);
  const visible = root === "/" || path === root || path.startsWith(`${root}/`);
  const parts = visible ? inside.split("/").filter((part) => part !== "") : [];
  if (parts.includes("..")) parts.length = 0;
  const directories: string[] = [];
  for (let depth = parts.length; depth > 0; depth--) {
    directories.push(`${point}/${parts.slice(0, depth).join("/")}`);
  }
  directories.push(point);
  return directories;
}

/** The kernel writes space, tab, newline and backslash in octal. */
function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
