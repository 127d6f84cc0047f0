namespace Handoff.Tracing.Recordings.Input;

/// <summary>Random access to the bytes of an input. Reading past the end or a failing device gives fewer bytes, never an exception.</summary>
internal sealed class ByteSource(Stream stream, bool leaveOpen) : IDisposable
{
    internal long Length { get; } = stream.Length;

    internal Stream Stream => stream;

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/> on as far as the input goes.</summary>
    internal int ReadAt(long offset, Span<byte> buffer)
    {
        if (offset < 0 || offset >= Length)
            return 0;
        try
        {
            stream.Position = offset;
            return stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Bytes that exist from <paramref name="offset"/> on, at most <paramref name="size"/>.</summary>
    internal long Available(long offset, ulong size) =>
        offset < 0 || offset >= Length ? 0 : (long)Math.Min(size, (ulong)(Length - offset));

    public void Dispose()
    {
        if (!leaveOpen)
            stream.Dispose();
    }
}
