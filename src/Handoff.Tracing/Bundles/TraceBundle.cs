namespace Handoff.Tracing.Bundles;

/// <summary>A recording as users name it: a file, or a directory (or an archive of one) with a recording and facts about its machine.</summary>
/// <param name="Path">The recording.</param>
/// <param name="Directory">Where facts are looked for.</param>
/// <param name="Name">Name for headings: the directory's where the file has a usual name, the file's otherwise.</param>
public sealed record TraceBundle(string Path, string Directory, string Name)
{
    /// <summary>Usual names of recordings, in the order in which they are tried.</summary>
    internal static readonly string[] Usual = ["trace.dat", "live.dat", "perf.data", "trace.txt", "trace", "trace.v6.dat"];

    /// <summary>Files that describe a machine, without the endings of packed ones.</summary>
    public static IReadOnlyList<string> FactFiles { get; } =
    [
        "machine.txt", "machine.dts", "dmesg.txt", "probe.txt", "cmdline", "qemu-cmdline.txt", "kernel.config", "trace_stats.txt",
    ];

    /// <summary>The directory with facts about the machine; <see langword="null"/> if the recording stands alone.</summary>
    public string? FactsDirectory => FactFiles.Any(name => PackedFile.Find(Directory, name) is not null) ? Directory : null;

    /// <summary>Finds the recording that a path means.</summary>
    /// <param name="path">A file, a directory, or a tar (plain, gzip, zstd) or zip of one.</param>
    /// <returns>The bundle; <see langword="null"/> if there is no such file, or no recording in the directory.</returns>
    /// <exception cref="IOException">An archive cannot be unpacked.</exception>
    public static TraceBundle? Find(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (File.Exists(path))
        {
            if (BundleArchive.Unpack(path) is { } unpacked)
                return InDirectory(unpacked, ArchiveName(path));
            string full = System.IO.Path.GetFullPath(path), directory = System.IO.Path.GetDirectoryName(full) ?? "/";
            string file = System.IO.Path.GetFileName(full);
            bool usual = Usual.Any(name => file == name || file == name + ".zst" || file == name + ".gz");
            return new TraceBundle(path, directory, usual ? System.IO.Path.GetFileName(directory) : file);
        }

        if (!System.IO.Directory.Exists(path))
            return null;
        return InDirectory(path, System.IO.Path.GetFileName(System.IO.Path.GetFullPath(path).TrimEnd('/')));
    }

    /// <summary>Reads the facts beside the recording.</summary>
    public MachineFacts ReadFacts() => MachineFacts.Read(Directory);

    /// <summary>A file's name without the ending of a packed one.</summary>
    internal static string PlainName(string path)
    {
        string name = System.IO.Path.GetFileName(path);
        return name.EndsWith(".zst", StringComparison.Ordinal) ? name[..^4] : name.EndsWith(".gz", StringComparison.Ordinal) ? name[..^3] : name;
    }

    private static string ArchiveName(string path)
    {
        string name = PlainName(path);
        foreach (string ending in (string[])[".tar", ".tgz", ".zip"])
        {
            if (name.EndsWith(ending, StringComparison.Ordinal))
                return name[..^ending.Length];
        }

        return name;
    }

    private static TraceBundle? InDirectory(string directory, string title)
    {
        foreach (string name in Usual)
        {
            if (PackedFile.Find(directory, name) is { } found)
                return new TraceBundle(found, directory, title);
        }

        return null;
    }
}
