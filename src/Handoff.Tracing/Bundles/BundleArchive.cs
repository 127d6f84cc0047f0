using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using ZstdSharp;

namespace Handoff.Tracing.Bundles;

/// <summary>
/// Bundles as one file: a tar (plain, gzip, zstd) or zip of directories, found by content. Files that mean something are unpacked into a directory
/// that disappears when the program ends, those of each directory of the archive into one of their own.
/// </summary>
internal static class BundleArchive
{
    private const long MaximumUnpacked = 64L << 30; // bytes of all files together
    private const int MaximumFiles = 1024, MaximumDirectories = 256; // that are kept
    private const int MaximumZipEntries = ushort.MaxValue - 1; // all of which are held in memory
    private const int MostProbed = 4096; // files without a usual name whose beginning is looked at
    private const int SmallestArchive = 20; // bytes; pipes and devices say 0 and are not touched
    private const int TarHead = 512;

    /// <summary>Unpacks an archive.</summary>
    /// <param name="path">A file.</param>
    /// <param name="told">Told now and then how many bytes were unpacked; what it throws ends the unpacking.</param>
    /// <param name="damage">What is wrong with the archive, where what precedes the damage was unpacked.</param>
    /// <returns>The directory with directories of files, or <see langword="null"/> if the path leads to no archive.</returns>
    /// <exception cref="IOException">The archive is damaged from the beginning, too large, or cannot be unpacked here.</exception>
    internal static string? Unpack(string path, Action<long>? told, out string? damage)
    {
        damage = null;
        if (!FileKind.IsRegular(path) || new FileInfo(path).Length < SmallestArchive || ArchiveOf(path) is not { } unpack)
            return null;
        var kept = new Kept(TemporaryDirectory.Make(), told ?? (static _ => { }));
        try
        {
            unpack(path, kept);
        }
        catch (Exception e) when (e is InvalidDataException or ZstdException or NotSupportedException or UnauthorizedAccessException or EndOfStreamException or FormatException or ArgumentException or InvalidOperationException or OverflowException)
        {
            damage = $"the archive is damaged or cannot be unpacked: {e.Message}";
            if (kept.Files == 0)
                throw new IOException(damage, e);
        }

        return kept.Root;
    }

    /// <summary>Whether a stream that begins so is an archive.</summary>
    internal static bool IsArchive(ReadOnlySpan<byte> head) => IsZip(head) || IsTar(RecordingProbe.Plain(head, TarHead));

    /// <summary>How to unpack a file if it is an archive, found by content.</summary>
    private static Action<string, Kept>? ArchiveOf(string path)
    {
        byte[] head = new byte[RecordingProbe.HeadSize];
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            int got = file.ReadAtLeast(head, TarHead, throwOnEndOfStream: false);
            if (IsZip(head))
                return UnpackZip;
            if (IsTar(head))
                return UnpackTar;
            got += file.ReadAtLeast(head.AsSpan(got), head.Length - got, throwOnEndOfStream: false);
            return IsTar(RecordingProbe.Plain(head.AsSpan(0, got), TarHead)) ? UnpackTar : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // the reader of recordings says what is wrong
        }
    }

    private static bool IsZip(ReadOnlySpan<byte> head) => head.StartsWith("PK\u0003\u0004"u8);

    private static bool IsTar(ReadOnlySpan<byte> head) => head.Length >= TarHead && head.Slice(257, 5).SequenceEqual("ustar"u8);

    private static void UnpackTar(string path, Kept kept)
    {
        using Stream file = PackedFile.Open(path);
        using var plain = new WatchedStream(file, kept.Told);
        using var guarded = new TarGuard(plain);
        using var tar = new TarReader(guarded);
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile && entry.DataStream is { } data)
                kept.Add(entry.Name, data);
        }
    }

    private static void UnpackZip(string path, Kept kept)
    {
        if (CountOf(path) > MaximumZipEntries)
            throw new InvalidDataException($"more than {MaximumZipEntries} files");
        using var zip = ZipFile.OpenRead(path);
        foreach (var entry in zip.Entries)
        {
            if (entry.Name.Length == 0)
                continue;
            using var data = entry.Open();
            kept.Add(entry.FullName, data);
        }
    }

    /// <summary>The number of files that the end of a zip claims.</summary>
    private static int CountOf(string path)
    {
        const int end = 22, longestComment = ushort.MaxValue;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] tail = new byte[(int)Math.Min(file.Length, end + longestComment)];
        file.Position = file.Length - tail.Length;
        file.ReadExactly(tail);
        int at = tail.AsSpan().LastIndexOf("PK\u0005\u0006"u8);
        return at < 0 || at + end > tail.Length ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(tail.AsSpan(at + 10));
    }

    /// <summary>What is kept of an archive: files that mean something, in directories that the archive cannot choose.</summary>
    private sealed class Kept(string root, Action<long> told)
    {
        private readonly Dictionary<string, string> _directories = [];
        private readonly byte[] _buffer = new byte[RecordingProbe.HeadSize];
        private long _left = MaximumUnpacked;
        private int _probed;

        public string Root => root;

        public int Files { get; private set; }

        public Action<long> Told => told;

        public void Add(string name, Stream data)
        {
            string file = Path.GetFileName(name);
            if (file is "" or "." or ".." || file.Length > 200 || file.Contains('\0', StringComparison.Ordinal))
                return;
            string plain = TraceBundle.PlainName(file);
            bool isFact = TraceBundle.FactFiles.Contains(plain), isUsual = TraceBundle.Usual.Contains(plain);
            if (!isFact && !isUsual && ++_probed > MostProbed)
                return;
            told(MaximumUnpacked - _left);
            int got = data.ReadAtLeast(_buffer, _buffer.Length, throwOnEndOfStream: false);
            bool isRecording = !isFact && RecordingProbe.IsRecording(_buffer.AsSpan(0, got));
            if (!isFact && !isUsual && !isRecording)
                return;

            // Of facts no more is used, and what is no recording up to there is none.
            long most = isFact ? MachineFactsReader.LongestFile + 1 : RecordingProbe.LongestDoubt;

            if (Files == MaximumFiles || DirectoryOf(name[..^file.Length]) is not { } directory)
                throw new InvalidDataException($"more than {MaximumFiles} recordings and facts about machines");
            string target = Path.Combine(directory, file);
            if (File.Exists(target))
                return; // twice in the archive: the first counts
            using var output = new FileStream(target, FileMode.CreateNew, FileAccess.Write);
            Files++;
            do
            {
                _left -= got;
                if (_left < 0)
                    throw new IOException($"the archive unpacks to more than {MaximumUnpacked >> 30} GiB");
                output.Write(_buffer, 0, got);
                told(MaximumUnpacked - _left);
                most -= got;
                isRecording = isRecording || (!isFact && RecordingProbe.IsRecording(_buffer.AsSpan(0, got)));
            }
            while ((most > 0 || isRecording) && (got = data.ReadAtLeast(_buffer, _buffer.Length, throwOnEndOfStream: false)) > 0);
        }

        private string? DirectoryOf(string name)
        {
            if (_directories.TryGetValue(name, out string? directory))
                return directory;
            if (_directories.Count == MaximumDirectories)
                return null;
            directory = Path.Combine(root, $"{_directories.Count:d3}");
            Directory.CreateDirectory(directory);
            _directories.Add(name, directory);
            return directory;
        }
    }
}
