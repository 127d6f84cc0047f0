namespace Handoff.Tracing.Writing;

/// <summary>Packed chunks of all CPUs in one temporary file, until it is known where each CPU's go.</summary>
/// <param name="directory">Where; <see langword="null"/> for the system's place for temporary files.</param>
internal sealed class ChunkSpool(string? directory = null) : IDisposable
{
    private FileStream? _file;

    /// <summary>Keeps a chunk.</summary>
    /// <returns>Where it is.</returns>
    internal (long Offset, int Size) Add(ReadOnlySpan<byte> sizes, ReadOnlySpan<byte> packed)
    {
        _file ??= Open();
        var place = (_file.Position, sizes.Length + packed.Length);
        _file.Write(sizes);
        _file.Write(packed);
        return place;
    }

    /// <summary>Copies chunks, in the order given. To be called when all are there.</summary>
    internal void CopyTo(IEnumerable<(long Offset, int Size)> chunks, Stream output)
    {
        var buffer = Array.Empty<byte>();
        foreach (var (offset, size) in chunks)
        {
            if (buffer.Length < size)
                buffer = new byte[size * 2];
            _file!.Position = offset;
            _file.ReadExactly(buffer, 0, size);
            output.Write(buffer, 0, size);
        }
    }

    // Where a file may have no name any more, it loses it at once: nothing is left then of a program that is killed.
    private FileStream Open()
    {
        string path = directory is null ? Path.GetTempFileName() : Path.Combine(directory, $".handoff-{Environment.ProcessId}.spool");
        var file = new FileStream(path, directory is null ? FileMode.Open : FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None);
        if (!OperatingSystem.IsWindows())
            File.Delete(path);
        return file;
    }

    public void Dispose() => _file?.Dispose();
}
