using System.Globalization;
using System.Text;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Export;

/// <summary>Which machine a recording is of, and which of its boots: the directories of a dataset.</summary>
/// <param name="Host">The machine's name.</param>
/// <param name="Boot">The boot.</param>
public sealed record ExportIdentity(string Host, string Boot)
{
    private const int LongestName = 200; // bytes of one directory; file systems take 255
    private const int MessagesRead = 64; // lines of dmesg that tell boots apart: their times differ
    private const int EventsRead = 256;

    /// <summary>The day of the recording in UTC, if known.</summary>
    public DateOnly? Day { get; init; }

    /// <summary>
    /// Finds both out, and the day if the facts tell it. The host is what the facts or the recording name, otherwise the recording's own name. The boot is the kernel's boot id where the
    /// facts have it, otherwise a number that follows from the first kernel messages or, without any, from the first events.
    /// </summary>
    public static ExportIdentity Of(TraceBundle bundle, MachineFacts? facts)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        string host = facts?.HostName ?? "";
        string boot = facts?.BootId ?? "";
        if (boot.Length == 0 && facts is not null)
            boot = OfMessages(facts.Directory);
        if (host.Length == 0 || boot.Length == 0)
        {
            using RecordingReader reader = Recording.Open(bundle.Path);
            string events = OfEvents(reader);
            if (boot.Length == 0)
                boot = events;
            if (host.Length == 0)
                host = reader.Header.HostName ?? "";
        }

        return new ExportIdentity(IsName(host) ? host : bundle.Name, boot) { Day = facts?.RecordedOn };
    }

    /// <summary>The directories that stand for it, as Hive names them.</summary>
    internal string Partition => Path.Combine($"host={Escape(Host)}", $"boot={Escape(Boot)}");

    /// <summary>Text as part of a path: what could mean something there becomes %XX, as Hive does it. Long text ends with a number that follows from all of it.</summary>
    internal static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (byte letter in Encoding.UTF8.GetBytes(text))
        {
            if (char.IsAsciiLetterOrDigit((char)letter) || letter is (byte)'-' or (byte)'_' or (byte)'+' || (letter == '.' && escaped.Length > 0))
                escaped.Append((char)letter);
            else
                escaped.Append(CultureInfo.InvariantCulture, $"%{letter:X2}");
        }

        if (escaped.Length > LongestName)
        {
            string end = $"-{Name(Mix(Start, Encoding.UTF8.GetBytes(text)))}";
            int length = LongestName - end.Length;
            length -= escaped[length - 1] == '%' ? 1 : escaped[length - 2] == '%' ? 2 : 0;
            escaped.Length = length;
            escaped.Append(end);
        }

        return escaped.Length == 0 ? "__HIVE_DEFAULT_PARTITION__" : escaped.ToString();
    }

    // Names that every machine has.
    private static bool IsName(string host) => host.Length > 0 && host is not ("(none)" or "localhost" or "host" or "(unknown)");

    private static string OfMessages(string directory)
    {
        if (PackedFile.Find(directory, "dmesg.txt") is not { } path)
            return "";
        try
        {
            using var text = new StreamReader(PackedFile.Open(path));
            ulong hash = Start;
            int lines = 0;
            for (; lines < MessagesRead && text.ReadLine() is { } line; lines++)
                hash = Mix(hash, Encoding.UTF8.GetBytes(line));
            return lines < MessagesRead ? "" : Name(hash);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or ZstdSharp.ZstdException)
        {
            return ""; // whoever reads the facts says so
        }
    }

    private static string OfEvents(RecordingReader reader)
    {
        ulong hash = Start;
        DmaEvent e = default;
        Span<byte> bytes = stackalloc byte[32];
        for (int i = 0; i < EventsRead && reader.Read(ref e); i++)
        {
            BitConverter.TryWriteBytes(bytes, e.Time);
            BitConverter.TryWriteBytes(bytes[8..], e.DmaAddress.Value);
            BitConverter.TryWriteBytes(bytes[16..], e.Size);
            BitConverter.TryWriteBytes(bytes[24..], ((long)e.Kind << 32) | (uint)e.Pid);
            hash = Mix(hash, bytes);
        }

        return Name(hash);
    }

    private const ulong Start = 0xcbf2_9ce4_8422_2325; // FNV-1a: tells boots apart, and hides nothing

    private static ulong Mix(ulong hash, ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
            hash = (hash ^ b) * 0x100_0000_01b3;
        return hash;
    }

    private static string Name(ulong hash) => string.Create(CultureInfo.InvariantCulture, $"x{hash:x16}");
}
