using Handoff.Tracing.Recordings.Input;

namespace Handoff.Tracing.Bundles;

/// <summary>A recording as users name it: a file, or a directory (or an archive of one) with a recording and facts about its machine.</summary>
/// <param name="Path">The recording.</param>
/// <param name="Directory">Where facts are looked for.</param>
/// <param name="Name">Name for headings: the directory's where the file has a usual name, the file's otherwise.</param>
public sealed record TraceBundle(string Path, string Directory, string Name)
{
    private const long MostReceived = 64L << 30; // bytes of a stream that are copied
    private const int FirstLook = 512; // bytes of a stream that are waited for: as many as a tar begins with
    private const int MostFiles = 1000, MostDirectories = 100; // that are looked at for a recording
    private const int MostFound = 10; // recordings in one directory that are told apart

    /// <summary>Usual names of recordings, in the order in which they are tried.</summary>
    internal static readonly string[] Usual = ["trace.dat", "live.dat", "perf.data", "trace.txt", "trace", "trace.v6.dat"];

    /// <summary>Files that describe a machine, without the endings of packed ones.</summary>
    public static IReadOnlyList<string> FactFiles { get; } =
    [
        "machine.txt", "machine.dts", "dmesg.txt", "probe.txt", "cmdline", "qemu-cmdline.txt", "kernel.config", "trace_stats.txt",
    ];

    /// <summary>What is wrong with the archive that the recording came in; what precedes the damage is there. <see langword="null"/> if nothing is.</summary>
    public string? Damage { get; init; }

    /// <summary>The directory with facts about the machine; <see langword="null"/> if the recording stands alone.</summary>
    public string? FactsDirectory => FactFiles.Any(name => PackedFile.Find(Directory, name) is not null) ? Directory : null;

    /// <summary>Finds the recording that a path means.</summary>
    /// <param name="path">
    /// A file, a directory, or a tar (plain, gzip, zstd) or zip of one. In a directory a file with a usual name counts, otherwise the only one that begins
    /// like a recording; where there is none, the same holds one directory further down.
    /// </param>
    /// <returns>The bundle; <see langword="null"/> if there is no such file, or no recording in the directory, or several to choose from.</returns>
    /// <exception cref="IOException">An archive cannot be unpacked.</exception>
    public static TraceBundle? Find(string path) => Find(path, out _);

    /// <summary>As <see cref="Find(string)"/>, and names the recordings if there are several to choose from.</summary>
    /// <param name="path">A file, a directory or an archive.</param>
    /// <param name="several">Names of recordings of which none has precedence; empty otherwise.</param>
    /// <param name="told">Told now and then how many bytes of an archive were unpacked; what it throws ends the search.</param>
    /// <exception cref="IOException">An archive cannot be unpacked.</exception>
    public static TraceBundle? Find(string path, out IReadOnlyList<string> several, Action<long>? told = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        several = [];
        if (File.Exists(path))
        {
            if (BundleArchive.Unpack(path, told, out string? damage) is { } unpacked)
                return InDirectory(unpacked, ArchiveName(path), told, out several) is { } packed ? packed with { Damage = damage } : null;
            string full = System.IO.Path.GetFullPath(path), directory = System.IO.Path.GetDirectoryName(full) ?? "/";
            string file = System.IO.Path.GetFileName(full);
            bool usual = Usual.Any(name => file == name || file == name + ".zst" || file == name + ".gz");
            return new TraceBundle(path, directory, usual ? System.IO.Path.GetFileName(directory) : file);
        }

        if (!System.IO.Directory.Exists(path))
            return null;
        return InDirectory(path, System.IO.Path.GetFileName(System.IO.Path.GetFullPath(path).TrimEnd('/')), told, out several);
    }

    /// <summary>Whether a path leads to a file that can be read more than once, and not to a pipe or device.</summary>
    public static bool IsFile(string path) => FileKind.IsRegular(path);

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

    /// <summary>Takes a recording from a stream that cannot be read twice, such as standard input.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="name">Name for headings.</param>
    /// <param name="keep">Whether to copy the recording into a temporary file, so that it can be read again. Archives are copied anyway.</param>
    /// <param name="rest">Where there is no bundle: the recording, to be read once; <see langword="null"/> for an archive without a recording.</param>
    /// <param name="told">Told now and then how many bytes were copied or unpacked; what it throws ends that.</param>
    /// <returns>A copy that disappears when the program ends, or <see langword="null"/>.</returns>
    /// <exception cref="IOException">It cannot be copied or unpacked, or goes on and on without being a recording.</exception>
    public static TraceBundle? Receive(Stream stream, string name, bool keep, out Stream? rest, Action<long>? told = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        byte[] head = new byte[RecordingProbe.HeadSize];
        int got = stream.ReadAtLeast(head, FirstLook, throwOnEndOfStream: false);
        if (Packing.NameOf(head.AsSpan(0, got)) is not null)
            got += stream.ReadAtLeast(head.AsSpan(got), head.Length - got, throwOnEndOfStream: false);
        var whole = new PrefixedStream(head, got, stream, leaveOpen: false);
        bool isArchive = BundleArchive.IsArchive(head.AsSpan(0, got));
        if (!keep && !isArchive)
        {
            rest = whole;
            return null;
        }

        rest = null;
        string directory = TemporaryDirectory.Make(), copy = System.IO.Path.Combine(directory, "recording");
        using (whole)
        using (var file = File.Create(copy))
            Copy(whole, file, isArchive, told);
        if (!isArchive)
            return new TraceBundle(copy, directory, name);
        TraceBundle? bundle = Find(copy, out _, told);
        TemporaryDirectory.Remove(directory);
        return bundle is null ? null : bundle with { Name = name };
    }

    /// <summary>Copies a stream, which may have no end: what is no recording is copied only so far that the reader of recordings can say so.</summary>
    private static void Copy(Stream from, FileStream to, bool isArchive, Action<long>? told)
    {
        byte[] buffer = new byte[RecordingProbe.HeadSize];
        long copied = 0;
        bool isRecording = isArchive;
        int got;
        while ((got = from.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0)
        {
            isRecording = isRecording || RecordingProbe.IsRecording(buffer.AsSpan(0, got));
            to.Write(buffer, 0, got);
            copied += got;
            told?.Invoke(copied);
            if (!isRecording && copied > RecordingProbe.LongestDoubt)
                return;
            if (copied > MostReceived)
                throw new IOException($"more than {MostReceived >> 30} GiB");
        }
    }

    private static TraceBundle? InDirectory(string directory, string title, Action<long>? told, out IReadOnlyList<string> several)
    {
        List<TraceBundle> found = Here(directory, title, told);
        if (found.Count > 0)
            return Only(found, directory, out several);
        // Most archives, and directories of one bundle, have another directory around it.
        foreach (string below in System.IO.Directory.EnumerateDirectories(directory).Take(MostDirectories).Order(StringComparer.Ordinal))
            found.AddRange(Here(below, title, told));

        return Only(found, directory, out several);
    }

    /// <summary>The recordings in a directory itself; one that has a usual name comes alone.</summary>
    private static List<TraceBundle> Here(string directory, string title, Action<long>? told)
    {
        foreach (string name in Usual)
        {
            if (PackedFile.Find(directory, name) is { } found)
                return [new TraceBundle(found, directory, title)];
        }

        var recordings = System.IO.Directory.EnumerateFiles(directory).Take(MostFiles).Order(StringComparer.Ordinal)
            .Where(file => !FactFiles.Contains(PlainName(file)) && FileKind.IsRegular(file) && IsRecording(file));
        bool IsRecording(string file)
        {
            told?.Invoke(0);
            return RecordingProbe.IsRecording(file);
        }

        return [.. recordings.Select(file => new TraceBundle(file, directory, title)).Take(MostFound + 1)];
    }

    private static TraceBundle? Only(List<TraceBundle> found, string directory, out IReadOnlyList<string> several)
    {
        several = found.Count > 1 ? [.. found.Select(one => System.IO.Path.GetRelativePath(directory, one.Path))] : [];
        return found.Count == 1 ? found[0] : null;
    }
}
