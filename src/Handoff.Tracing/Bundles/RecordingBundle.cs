using System.Formats.Tar;
using System.IO.Compression;
using Handoff.Tracing.Recordings;
using ZstdSharp;

#pragma warning disable CA2000 // streams opened here belong to the reader in the result

namespace Handoff.Tracing.Bundles;

/// <summary>
/// A recording with what lies beside it. A bundle is a directory, or a tar (plain, gzip, zstd) or zip of one, that holds a recording
/// (<c>trace.dat</c>, <c>perf.data</c> or <c>trace.txt</c>, packed or not) and the files that <see cref="MachineFacts"/> reads.
/// </summary>
public sealed class RecordingBundle : IDisposable
{
    private const long MaximumUnpacked = 64L << 30; // bytes of all files together
    private const int MaximumFiles = 4096;

    private static readonly string[] RecordingNames = ["trace.dat", "perf.data", "trace.v6.dat", "trace.txt", "trace"];
    private readonly string? _temporary; // a directory that disappears with this object

    private RecordingBundle(RecordingReader reader, string? directory, string? temporary)
    {
        Reader = reader;
        Directory = directory;
        _temporary = temporary;
    }

    /// <summary>The recording; closed with this object.</summary>
    public RecordingReader Reader { get; }

    /// <summary>The directory with the facts about the machine, or <see langword="null"/> for a recording alone.</summary>
    public string? Directory { get; }

    /// <summary>Files that describe a machine, without the endings of packed ones. Copied when part of a bundle becomes a new one.</summary>
    public static IReadOnlyList<string> FactFiles { get; } =
    [
        "machine.txt", "machine.dts", "dmesg.txt", "probe.txt", "cmdline", "qemu-cmdline.txt", "kernel.config", "trace_stats.txt",
    ];

    /// <summary>The facts; nothing but defaults for a recording alone.</summary>
    public MachineFacts? Facts => Directory is null ? null : field ??= MachineFacts.Read(Directory);

    /// <summary>A recording without anything beside it.</summary>
    public static RecordingBundle Of(RecordingReader reader) => new(reader, null, null);

    /// <summary>Opens a recording, a directory or an archive. What is wrong with it is in the reader's diagnostics.</summary>
    /// <exception cref="IOException">A bundle cannot be read or unpacked, or holds no recording.</exception>
    public static RecordingBundle Open(string path, RecordingOptions? options = null)
    {
        if (System.IO.Directory.Exists(path))
            return OpenDirectory(path, null, options);
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new RecordingBundle(Recording.Open(path, options), null, null); // says what is wrong
        }

        if ((file.CanSeek ? ArchiveOf(file) : null) is not { } unpack)
        {
            // A recording that lies in a bundle's directory brings the facts beside it.
            string? beside = Path.GetDirectoryName(Path.GetFullPath(path));
            bool hasFacts = beside is not null && RecordingNames.Contains(PlainName(path)) && PackedFile.Find(beside, "machine.txt") is not null;
            return new RecordingBundle(Recording.Open(file, options), hasFacts ? beside : null, null);
        }

        file.Dispose();
        string directory = System.IO.Directory.CreateTempSubdirectory("handoff-").FullName;
        try
        {
            unpack(path, directory);
            return OpenDirectory(directory, directory, options);
        }
        catch (Exception e)
        {
            System.IO.Directory.Delete(directory, recursive: true);
            if (e is InvalidDataException or ZstdException or NotSupportedException or UnauthorizedAccessException or EndOfStreamException)
                throw new IOException($"the archive is damaged or cannot be unpacked: {e.Message}", e);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Reader.Dispose();
        if (_temporary is not null && System.IO.Directory.Exists(_temporary))
            System.IO.Directory.Delete(_temporary, recursive: true);
    }

    private static RecordingBundle OpenDirectory(string directory, string? temporary, RecordingOptions? options)
    {
        foreach (string name in RecordingNames)
        {
            if (PackedFile.Find(directory, name) is { } file)
                return new RecordingBundle(Recording.Open(file, options), directory, temporary);
        }

        throw new IOException($"there is no recording in it ({string.Join(", ", RecordingNames)}, plain or packed)");
    }

    private static string PlainName(string path)
    {
        string name = Path.GetFileName(path);
        return name.EndsWith(".zst", StringComparison.Ordinal) ? name[..^4] : name.EndsWith(".gz", StringComparison.Ordinal) ? name[..^3] : name;
    }

    /// <summary>How to unpack a file if it is an archive, found by content. Leaves the file at its beginning.</summary>
    private static Action<string, string>? ArchiveOf(FileStream file)
    {
        Span<byte> head = stackalloc byte[512];
        try
        {
            int got = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            if (head[..got].StartsWith("PK\u0003\u0004"u8))
                return UnpackZip;
            if (IsTar(head[..got]))
                return UnpackTar;
            if (!head[..got].StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) && !head[..got].StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]))
                return null;
            file.Position = 0;
            using Stream plain = head[0] == 0x1f
                ? new GZipStream(file, CompressionMode.Decompress, leaveOpen: true)
                : new DecompressionStream(file, leaveOpen: true);
            got = plain.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            return IsTar(head[..got]) ? UnpackTar : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or ZstdException)
        {
            return null; // the reader of recordings says what is wrong
        }
        finally
        {
            file.Position = 0;
        }
    }

    private static bool IsTar(ReadOnlySpan<byte> head) => head.Length == 512 && head.Slice(257, 5).SequenceEqual("ustar"u8);

    private static void UnpackTar(string path, string directory)
    {
        using var plain = PackedFile.Open(path);
        using var tar = new TarReader(plain);
        long left = MaximumUnpacked;
        for (int files = 0; tar.GetNextEntry() is { } entry; files++)
        {
            if (files == MaximumFiles)
                throw new IOException($"the archive has more than {MaximumFiles} files");
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile && entry.DataStream is { } data)
                Keep(entry.Name, data, directory, ref left);
        }
    }

    private static void UnpackZip(string path, string directory)
    {
        using var zip = ZipFile.OpenRead(path);
        long left = MaximumUnpacked;
        foreach (var entry in zip.Entries.Take(MaximumFiles))
        {
            if (entry.Name.Length == 0)
                continue;
            using var data = entry.Open();
            Keep(entry.FullName, data, directory, ref left);
        }
    }

    // Only files that mean something are kept, under their own names: a hostile archive can place nothing elsewhere.
    private static void Keep(string name, Stream data, string directory, ref long left)
    {
        string plain = PlainName(name);
        if (!RecordingNames.Contains(plain) && !FactFiles.Contains(plain))
            return;
        string target = Path.Combine(directory, Path.GetFileName(name));
        if (File.Exists(target))
            return; // of several directories in one archive, the first counts
        using var file = new FileStream(target, FileMode.CreateNew, FileAccess.Write);
        byte[] buffer = new byte[128 << 10];
        for (int got; (got = data.Read(buffer)) > 0;)
        {
            left -= got;
            if (left < 0)
                throw new IOException($"the archive unpacks to more than {MaximumUnpacked >> 30} GiB");
            file.Write(buffer, 0, got);
        }
    }
}
