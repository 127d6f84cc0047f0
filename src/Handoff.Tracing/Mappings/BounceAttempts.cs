using System.Runtime.CompilerServices;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Mappings;

/// <summary>
/// Matches bounces with the maps they belong to. The kernel logs a bounce before its map, in the same thread, one for each bounced entry of
/// a list, also when no slot is found. A list that cannot be mapped leaves nothing but such attempts.
/// </summary>
internal sealed class BounceAttempts
{
    private const int MostPerThread = 16384;
    private const int MostThreads = 4096;
    private const ulong MostBytes = 128 * BouncePool.SlotSize; // that one request gets
    private const int Patience = 8; // further maps of a thread after which an attempt without map has failed

    private readonly Dictionary<int, ThreadQueue> _threads = [];
    private readonly Action<BounceAttempt, int> _failed;
    private readonly Dictionary<int, ulong> _windows = []; // device: what its bus adds to physical addresses, where learnt to differ from 0
    private ThreadQueue? _lastQueue;
    private int _lastKey;

    /// <param name="failed">Told of every list that turns out to have failed without a map event: its last attempt, and the slots it held then.</param>
    public BounceAttempts(Action<BounceAttempt, int> failed) => _failed = failed;

    private sealed class ThreadQueue
    {
        public BounceAttempt[] Items = new BounceAttempt[16];
        public int Count;
        public int Maps; // map events seen
    }

    /// <summary>Attempts that wait for their map.</summary>
    public int Waiting { get; private set; }

    public void Add(in DmaEvent e, long used)
    {
        ThreadQueue queue = QueueOf(e);
        if (queue.Count > 0)
            DropStale(queue, e.Time);
        if (queue.Count == MostPerThread)
            Fail(queue, MostPerThread / 2);
        if (queue.Count == queue.Items.Length)
            Array.Resize(ref queue.Items, queue.Count * 2);
        ref BounceAttempt attempt = ref queue.Items[queue.Count++];
        attempt.Address = e.BouncedAddress;
        attempt.Size = e.Size;
        attempt.Mask = e.DmaMask;
        attempt.Time = e.Time;
        attempt.Device = e.Device;
        attempt.Cpu = e.Cpu;
        attempt.Pid = e.Pid;
        attempt.Task = e.Task;
        attempt.Maps = queue.Maps;
        attempt.Forced = e.IsForced;
        attempt.Used = used;
        Waiting++;
    }

    /// <summary>Finds the attempt that belongs to a map of one buffer, the latest if several could.</summary>
    public bool Take(in DmaEvent e, out BounceAttempt attempt)
    {
        attempt = default;
        if (Waiting == 0)
            return false;
        ThreadQueue queue = QueueOf(e);
        queue.Maps++;
        int at = Find(queue, e);
        if (at >= 0)
        {
            attempt = queue.Items[at];
            Remove(queue, at, 1);
        }

        if (queue.Count > 0)
            DropStale(queue, e.Time);
        return at >= 0;
    }

    /// <summary>Finds the attempts that belong to a map of a list.</summary>
    /// <param name="e">The map.</param>
    /// <param name="found">Receives the attempts found, in order of the list.</param>
    /// <param name="entries">Receives the list entry of each attempt found, -1 for entries that the event does not name.</param>
    public void TakeList(in DmaEvent e, List<BounceAttempt> found, List<int> entries)
    {
        found.Clear();
        entries.Clear();
        if (Waiting == 0)
            return;
        ThreadQueue queue = QueueOf(e);
        queue.Maps++;
        ReadOnlySpan<PhysicalAddress> buffers = e.PhysicalAddresses;
        ReadOnlySpan<uint> lengths = e.FullNents == e.FullEnts && e.Lengths.Length == buffers.Length ? e.Lengths : default;
        ulong window = _windows.GetValueOrDefault(e.Device);

        // Attempts follow the list's order and are the thread's latest; walk both from the end. Entries cut off by the kernel come last.
        int entry = buffers.Length - 1, unnamed = Math.Max(0, e.FullNents - buffers.Length), at = queue.Count - 1;
        int surplus = unnamed == 0 ? 0 : Math.Min(Unplaced(queue, e.Device) - buffers.Length, unnamed);
        for (; at >= 0; at--)
        {
            ref BounceAttempt candidate = ref queue.Items[at];
            if (candidate.Device != e.Device)
                continue; // an interrupt's
            int match = surplus > 0 && candidate.Address == ulong.MaxValue ? -1 : entry;
            surplus--;
            while (match >= 0 && !((lengths.IsEmpty || lengths[match] == candidate.Size) && IsSameBuffer(candidate.Address, buffers[match].Value, window)))
                match--;
            if (match < 0 && (unnamed == 0 || entry < buffers.Length - 1))
                break;
            if (match < 0)
                unnamed--;
            else
                entry = match - 1;
            found.Add(candidate);
            entries.Add(match);
            queue.Items[at].Device = -1;
            if (entry < 0)
            {
                at--;
                break;
            }
        }

        int first = at + 1, kept = first;
        for (int i = first; i < queue.Count; i++)
        {
            if (queue.Items[i].Device >= 0)
                queue.Items[kept++] = queue.Items[i];
        }

        Waiting -= queue.Count - kept;
        queue.Count = kept;
        found.Reverse();
        entries.Reverse();
        if (queue.Count > 0)
            DropStale(queue, e.Time);
    }

    /// <summary>
    /// How many of the thread's latest attempts lie outside all windows of the bus. Their addresses are alike, so only their number tells
    /// which of them are of entries that the event does not name.
    /// </summary>
    private static int Unplaced(ThreadQueue queue, int device)
    {
        int count = 0;
        for (int i = queue.Count - 1; i >= 0; i--)
        {
            ref BounceAttempt attempt = ref queue.Items[i];
            if (attempt.Device != device)
                continue;
            if (attempt.Maps != queue.Maps - 1)
                break;
            count += attempt.Address == ulong.MaxValue ? 1 : 0;
        }

        return count;
    }

    /// <summary>Forgets everything that waits, because events are missing.</summary>
    public void Forget()
    {
        foreach (ThreadQueue queue in _threads.Values)
            queue.Count = 0;
        Waiting = 0;
    }

    /// <summary>At the end of a recording: attempts of threads that went on, or that are not of the very last moment, have failed.</summary>
    /// <param name="end">Time of the last event.</param>
    /// <param name="moment">Time in which a map may still be under way.</param>
    public void Complete(ulong end, ulong moment)
    {
        foreach (ThreadQueue queue in _threads.Values)
        {
            int failed = 0;
            while (failed < queue.Count && (queue.Maps > queue.Items[failed].Maps || end - Math.Min(end, queue.Items[failed].Time) > moment))
                failed++;
            Fail(queue, failed);
        }
    }

    /// <summary>The event gives the physical address (behind an IOMMU), or what the bus makes of it: all ones outside every window.</summary>
    private static bool IsSameBuffer(ulong bounced, ulong physical, ulong window) =>
        bounced == physical || bounced == unchecked(physical + window) || bounced == ulong.MaxValue;

    private int Find(ThreadQueue queue, in DmaEvent e)
    {
        ulong physical = e.PhysicalAddress.Value;
        ulong window = _windows.Count == 0 ? 0 : _windows.GetValueOrDefault(e.Device);
        for (int i = queue.Count - 1; i >= 0; i--)
        {
            ref BounceAttempt candidate = ref queue.Items[i];
            if (candidate.Device == e.Device && candidate.Size == e.Size && IsSameBuffer(candidate.Address, physical, window))
                return i;
        }

        // The bus may add something not known yet, but nothing that changes the place in a page.
        for (int i = queue.Count - 1; i >= 0; i--)
        {
            ref BounceAttempt candidate = ref queue.Items[i];
            if (candidate.Device == e.Device && candidate.Size == e.Size && ((candidate.Address ^ physical) & 0xfff) == 0)
            {
                _windows[e.Device] = unchecked(candidate.Address - physical);
                return i;
            }
        }

        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ThreadQueue QueueOf(in DmaEvent e)
    {
        int key = e.Pid != 0 ? e.Pid : -1 - e.Cpu; // every processor has its own idle thread
        return _lastQueue is { } last && _lastKey == key ? last : FindQueue(key);
    }

    private ThreadQueue FindQueue(int key)
    {
        if (!_threads.TryGetValue(key, out ThreadQueue? queue))
        {
            if (_threads.Count >= MostThreads)
                Purge();
            _threads.Add(key, queue = new ThreadQueue());
        }

        (_lastKey, _lastQueue) = (key, queue);
        return queue;
    }

    private void Purge()
    {
        foreach (int key in _threads.Where(static thread => thread.Value.Count == 0).Select(static thread => thread.Key).ToArray())
            _threads.Remove(key);
        if (_threads.Count < MostThreads)
            return;
        foreach (ThreadQueue queue in _threads.Values)
            Fail(queue, queue.Count);
        _threads.Clear();
    }

    private void DropStale(ThreadQueue queue, ulong now)
    {
        const ulong longest = 1_000_000_000; // in one call of the kernel, preempted or not
        int stale = 0;
        while (stale < queue.Count && (queue.Maps - queue.Items[stale].Maps > Patience || now > queue.Items[stale].Time + longest))
            stale++;
        if (stale > 0)
            Fail(queue, stale);
    }

    private void Fail(ThreadQueue queue, int count)
    {
        // One list after another: entries of a list follow each other closely, a list tried again begins with the same buffer, and nothing
        // follows an entry that is too long. Outside all windows of the bus no buffer has an address; then nothing but time tells lists apart.
        const ulong closely = 1_000_000, veryClosely = 50_000;
        for (int first = 0, next; first < count; first = next)
        {
            int held = 0;
            ref BounceAttempt start = ref queue.Items[first];
            for (next = first + 1; next < count; next++)
            {
                ref BounceAttempt entry = ref queue.Items[next];
                ref BounceAttempt before = ref queue.Items[next - 1];
                bool isPlaced = entry.Address != ulong.MaxValue;
                if (entry.Device != start.Device || entry.Maps != start.Maps || before.Size > MostBytes || (isPlaced && entry.Address == start.Address)
                    || entry.Time > before.Time + (isPlaced ? closely : veryClosely))
                    break;
                held += (int)Math.Min((before.Size + BouncePool.SlotSize - 1) / BouncePool.SlotSize, 1024);
            }

            if (start.Device >= 0)
                _failed(queue.Items[next - 1], held);
        }

        Remove(queue, 0, count);
    }

    private void Remove(ThreadQueue queue, int at, int count)
    {
        if (at + count < queue.Count)
            Array.Copy(queue.Items, at + count, queue.Items, at, queue.Count - at - count);
        queue.Count -= count;
        Waiting -= count;
    }
}
