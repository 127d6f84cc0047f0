using System.Formats.Tar;
using System.IO.Compression;
using ZstdSharp;

namespace Handoff.Tracing.Bundles;

/// <summary>Bundles as one file: a tar (plain, gzip, zstd) or zip of a directory, found by content. Unpacked into a directory that disappears when the program ends.</summary>
internal static class BundleArchive
{
    private const long MaximumUnpacked = 64L << 30; // bytes of all files together
    private const int MaximumFiles = 4096;
    private const int SmallestArchive = 20; // bytes; pipes and devices say 0 and are not touched

    private static readonly List<string> Temporary = [];

    /// <summary>Unpacks an archive.</summary>
    /// <returns>The directory with its files, or <see langword="null"/> if the path leads to no archive.</returns>
    /// <exception cref="IOException">The archive is damaged, too large, or cannot be unpacked here.</exception>
    internal static string? Unpack(string path)
    {
        if (new FileInfo(path).Length < SmallestArchive || ArchiveOf(path) is not { } unpack)
            return null;
        string directory = Directory.CreateTempSubdirectory("handoff-").FullName;
        Remember(directory);
        try
        {
            unpack(path, directory);
            return directory;
        }
        catch (Exception e) when (e is InvalidDataException or ZstdException or NotSupportedException or UnauthorizedAccessException or EndOfStreamException or FormatException or ArgumentException)
        {
            throw new IOException($"the archive is damaged or cannot be unpacked: {e.Message}", e);
        }
    }

    private static void Remember(string directory)
    {
        lock (Temporary)
        {
            if (Temporary.Count == 0)
                AppDomain.CurrentDomain.ProcessExit += static (_, _) => Forget();
            Temporary.Add(directory);
        }
    }

    private static void Forget()
    {
        lock (Temporary)
        {
            foreach (string directory in Temporary)
            {
                try
                {
                    Directory.Delete(directory, recursive: true);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // Somebody else has cleaned up, or has to.
                }
            }
        }
    }

    /// <summary>How to unpack a file if it is an archive, found by content.</summary>
    private static Action<string, string>? ArchiveOf(string path)
    {
        Span<byte> head = stackalloc byte[512];
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            int got = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            if (head[..got].StartsWith("PK\u0003\u0004"u8))
                return UnpackZip;
            if (IsTar(head[..got]))
                return UnpackTar;
            if (!head[..got].StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) && !head[..got].StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]))
                return null;
            file.Position = 0;
            using var plain = PackedFile.Unpack(file);
            got = plain.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            return IsTar(head[..got]) ? UnpackTar : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or ZstdException)
        {
            return null; // the reader of recordings says what is wrong
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
        string plain = TraceBundle.PlainName(name);
        if (!TraceBundle.Usual.Contains(plain) && !TraceBundle.FactFiles.Contains(plain))
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
