namespace Handoff.Tracing.Recordings.PerfData;

/// <summary>
/// Puts records of several buffers in the order of their times. perf writes what it found in one buffer after the other, round by round:
/// once a round is finished, nothing older than the newest record of the round before can come.
/// </summary>
internal sealed class SampleQueue
{
    private const int BlockSize = 1 << 20;

    private readonly PriorityQueue<Item, (ulong Time, long Number)> _items = new();
    private readonly Stack<Block> _free = [];
    private Block _block = new();
    private long _number;
    private long _bytes; // of waiting records
    private int _held; // blocks with waiting records, besides _block
    private ulong _newest; // of all records
    private ulong _roundNewest; // of all records up to the last finished round
    private ulong _due; // everything up to here may be handed out

    /// <summary>Bytes that wait, those of blocks included that one waiting record keeps from being used again.</summary>
    internal long Bytes => Math.Max(_bytes, (long)_held * BlockSize / 2);

    /// <summary>Whether records wait.</summary>
    internal bool IsEmpty => _items.Count == 0;

    /// <summary>Adds a record; its bytes are copied.</summary>
    internal void Add(PerfRecordType type, in PerfSample sample, ReadOnlySpan<byte> bytes, ulong count, long offset)
    {
        if (_block.Used + bytes.Length > BlockSize)
        {
            if (_block.Live > 0)
                _held++;
            _block = _free.Count > 0 ? _free.Pop() : new Block();
        }

        var at = _block.Used;
        bytes.CopyTo(_block.Bytes.AsSpan(at));
        _block.Used += bytes.Length;
        _block.Live++;
        _bytes += bytes.Length + 64;
        _newest = Math.Max(_newest, sample.Time);
        _items.Enqueue(new Item(type, sample, _block, at, bytes.Length, count, offset), (sample.Time, _number++));
    }

    /// <summary>A round is finished.</summary>
    internal void FinishRound()
    {
        _due = _roundNewest;
        _roundNewest = _newest;
    }

    /// <summary>Nothing more comes.</summary>
    internal void FinishAll() => _due = ulong.MaxValue;

    /// <summary>Takes the earliest record if nothing earlier can come, or in any case.</summary>
    internal bool TryTake(bool anyway, out Item item)
    {
        if (!_items.TryPeek(out item, out var key) || (!anyway && key.Time > _due))
            return false;
        _items.Dequeue();
        return true;
    }

    /// <summary>Gives back the room of a record that was taken and is done with.</summary>
    internal void Release(in Item item)
    {
        _bytes -= item.Length + 64;
        var block = item.Block;
        if (--block.Live > 0)
            return;
        block.Used = 0;
        if (block == _block)
            return;
        _held--;
        if (_free.Count < 64)
            _free.Push(block);
    }

    /// <summary>A waiting record.</summary>
    internal readonly record struct Item(PerfRecordType Type, PerfSample Sample, Block Block, int Start, int Length, ulong Count, long Offset)
    {
        internal ReadOnlySpan<byte> Bytes => Block.Bytes.AsSpan(Start, Length);
    }

    /// <summary>Room for many records.</summary>
    internal sealed class Block
    {
        internal readonly byte[] Bytes = new byte[BlockSize];
        internal int Used; // <= Bytes.Length
        internal int Live; // records not released
    }
}
