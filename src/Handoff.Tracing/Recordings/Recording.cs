using Handoff.Tracing.Recordings.Input;
using Handoff.Tracing.Recordings.PerfData;
using Handoff.Tracing.Recordings.Text;
using Handoff.Tracing.Recordings.TraceDat;
using ZstdSharp;

namespace Handoff.Tracing.Recordings;

#pragma warning disable CA2000 // every stream opened here belongs to the reader that is returned

/// <summary>Opens recordings of any known format; the content decides, never the name.</summary>
public static class Recording
{
    /// <summary>Opens a file. A file that cannot be opened or is no recording yields a reader without events and with a diagnostic.</summary>
    public static RecordingReader Open(string path, RecordingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            return Open(file, new RecordingOptions { MaximumUnpackedBytes = (options ?? new RecordingOptions()).MaximumUnpackedBytes });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Refused("HT0001", $"the file cannot be opened: {e.Message}", "");
        }
    }

    /// <summary>Opens a stream; binary formats read from a stream that cannot seek are copied to a temporary file first.</summary>
    public static RecordingReader Open(Stream stream, RecordingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        options ??= new RecordingOptions();
        try
        {
            return Detect(stream, options.LeaveOpen, "none", 0, options);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ZstdException or UnauthorizedAccessException)
        {
            return Refused("HT0001", $"the input cannot be read: {e.Message}", "");
        }
    }

    private static RecordingReader Detect(Stream stream, bool leaveOpen, string outer, int level, RecordingOptions options)
    {
        var head = new byte[16];
        var got = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        var start = head.AsSpan(0, got);
        if (got == 0)
            return Refused("HT0002", "the file is empty", "");
        if (Packing.NameOf(start) is { } packing)
        {
            if (level == Packing.MostLevels)
                return Refused("HT0003", $"the file is compressed more than {level} times over", "unpack it first");
            return Detect(Packing.Unpack(packing, new PrefixedStream(head, got, stream, leaveOpen)), false, outer == "none" ? packing : $"{packing} in {outer}", level + 1, options);
        }

        if (Packing.ForeignOf(start) is var (name, command))
            return Refused("HT0003", $"the file is compressed with {name}, which is not read directly", $"unpack it first: {command}");

        var diagnostics = new DiagnosticBag();
        if (start.StartsWith("PERFILE2"u8) || start.StartsWith("2ELIFREP"u8))
        {
            var seekable = stream.CanSeek ? stream : Spill(new PrefixedStream(head, got, stream, leaveOpen), options, diagnostics);
            var reader = new PerfDataReader(new ByteSource(seekable, leaveOpen && seekable == stream), diagnostics, options.MaximumUnpackedBytes);
            reader.Header.OuterCompression = outer;
            return reader;
        }

        if (start.StartsWith((ReadOnlySpan<byte>)[0x17, 0x08, 0x44, (byte)'t', (byte)'r', (byte)'a', (byte)'c', (byte)'i', (byte)'n', (byte)'g']))
        {
            var seekable = stream.CanSeek ? stream : Spill(new PrefixedStream(head, got, stream, leaveOpen), options, diagnostics);
            var reader = new TraceDatReader(new ByteSource(seekable, leaveOpen && seekable == stream), diagnostics);
            reader.Header.OuterCompression = outer;
            if (reader.TextOffset <= 0 || reader.HasStreams)
                return reader;
            seekable.Position = Math.Min(reader.TextOffset, seekable.Length);
            return new TextRecordingReader(seekable, leaveOpen, diagnostics);
        }

        var text = new TextRecordingReader(new PrefixedStream(head, got, stream, leaveOpen), false, diagnostics);
        text.Header.OuterCompression = outer;
        return text;
    }

    /// <summary>Copies to a temporary file that disappears when closed.</summary>
    private static FileStream Spill(Stream from, RecordingOptions options, DiagnosticBag diagnostics)
    {
        var file = new FileStream(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        var buffer = new byte[256 << 10];
        long total = 0;
        try
        {
            int got;
            while ((got = from.Read(buffer)) > 0)
            {
                total += got;
                if (total > options.MaximumUnpackedBytes)
                {
                    diagnostics.Error("HT0005", total, $"more than {options.MaximumUnpackedBytes} bytes come out of the compressed file; the rest is left out");
                    break;
                }

                file.Write(buffer.AsSpan(0, got));
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ZstdException)
        {
            diagnostics.Error("HT0006", total, $"the compressed file is damaged: {e.Message}", "everything before this point is used");
        }

        from.Dispose();
        file.Position = 0;
        return file;
    }

    private static EmptyReader Refused(string id, string message, string hint)
    {
        var diagnostics = new DiagnosticBag();
        diagnostics.Error(id, -1, message, hint);
        return new EmptyReader(diagnostics);
    }
}
