namespace Handoff.Tracing.Replay;

/// <summary>A stretch of a load. The entries of a list are always in one chunk.</summary>
public sealed class LoadChunk
{
    /// <summary>Operations of a full chunk; a list may make it longer.</summary>
    internal const int Target = 1 << 15;

    private LoadOperation[] _operations = new LoadOperation[Target + 256];

    /// <summary>The operations, in order.</summary>
    public ReadOnlySpan<LoadOperation> Operations => _operations.AsSpan(0, Count);

    /// <summary>Number of operations.</summary>
    public int Count { get; private set; }

    /// <summary>Mapping numbers in this chunk and before it are below this.</summary>
    public int Indexes { get; internal set; }

    /// <summary>Devices in this chunk and before it are below this.</summary>
    public int Devices { get; internal set; }

    /// <summary>Bytes this chunk occupies.</summary>
    internal long Bytes => (long)_operations.Length * System.Runtime.CompilerServices.Unsafe.SizeOf<LoadOperation>();

    internal void Clear() => Count = 0;

    internal void Add(in LoadOperation operation)
    {
        if (Count == _operations.Length)
            Array.Resize(ref _operations, Count * 2);
        _operations[Count++] = operation;
    }

    /// <summary>Gives back what the chunk does not use, for chunks that are kept.</summary>
    internal void Trim()
    {
        if (_operations.Length > Count + (Count / 8))
            Array.Resize(ref _operations, Count);
    }
}
