using System.Runtime.CompilerServices;

namespace Handoff.Tracing.Recordings;

/// <summary>Events that were read one after another, with their lists, so that one thread can read while another one works.</summary>
internal sealed class EventBatch
{
    private const int Most = 1024;
    private const int MostListBytes = 1 << 20; // before the last event's

    private readonly DmaEvent[] _events = new DmaEvent[Most];
    private readonly int[] _placeOf = new int[Most]; // one more than the index of an event's place, 0 if it has no lists
    private readonly EventLists.Place[] _places = new EventLists.Place[Most];
    private readonly EventLists _lists = new(keeps: true);
    private int _placeCount;

    /// <summary>Number of events.</summary>
    public int Count { get; private set; }

    /// <summary>How far the reading was when the last event had been read, 0 to 1, or -1 if not known.</summary>
    public double Progress { get; private set; }

    /// <summary>Reads until the batch is full.</summary>
    /// <param name="reader">Where from: always the same one.</param>
    /// <returns>False if the recording has ended; there may be events all the same.</returns>
    public bool Fill(RecordingReader reader)
    {
        _lists.Clear();
        _placeCount = 0;
        bool more = true;
        int count = 0;
        EventLists own = reader.Lists;
        reader.Lists = _lists; // events and lists are written where they stay
        while (count < Most && _lists.Kept < MostListBytes && (more = reader.Read(ref _events[count])))
        {
            int place = 0;
            if (!_lists.IsEmpty)
            {
                _places[_placeCount] = _lists.Shown;
                place = ++_placeCount;
            }

            _placeOf[count++] = place;
        }

        reader.Lists = own;
        Count = count;
        Progress = reader.Progress;
        return more;
    }

    /// <summary>One of the events. Its lists are valid until the next one is asked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref DmaEvent Show(int index)
    {
        int place = _placeOf[index];
        if (place != 0)
            _lists.Show(_places[place - 1]);
        else if (!_lists.IsEmpty)
            _lists.Clear();
        return ref _events[index];
    }
}
