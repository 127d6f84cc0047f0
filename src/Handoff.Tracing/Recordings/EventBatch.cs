namespace Handoff.Tracing.Recordings;

/// <summary>Events that were read one after another, with their lists, so that one thread can read while another one works.</summary>
internal sealed class EventBatch
{
    private const int Most = 1024;
    private const int MostListBytes = 1 << 20; // before the last event's

    private readonly DmaEvent[] _events = new DmaEvent[Most];
    private readonly int[] _placeOf = new int[Most]; // one more than the index of an event's place, 0 if it has no lists
    private readonly EventLists.Place[] _places = new EventLists.Place[Most];
    private readonly EventLists _lists = new();
    private int _placeCount;

    /// <summary>Number of events.</summary>
    public int Count { get; private set; }

    /// <summary>How far the reading was when the last event had been read, 0 to 1, or -1 if not known.</summary>
    public double Progress { get; private set; }

    /// <summary>Reads until the batch is full.</summary>
    /// <param name="reader">Where from.</param>
    /// <param name="e">The variable that is passed to the reader again and again.</param>
    /// <returns>False if the recording has ended; there may be events all the same.</returns>
    public bool Fill(RecordingReader reader, ref DmaEvent e)
    {
        _lists.Clear();
        _placeCount = 0;
        bool more = true;
        int count = 0;
        while (count < Most && _lists.Appended < MostListBytes && (more = reader.Read(ref e)))
        {
            ref DmaEvent copy = ref _events[count];
            copy = e;
            copy.Lists = _lists;
            if (e.Lists is { IsEmpty: false } lists)
            {
                _places[_placeCount] = _lists.Append(lists);
                _placeOf[count] = ++_placeCount;
            }
            else
            {
                _placeOf[count] = 0;
            }

            count++;
        }

        Count = count;
        Progress = reader.Progress;
        return more;
    }

    /// <summary>One of the events. Its lists are valid until the next one is asked for.</summary>
    public ref DmaEvent Show(int index)
    {
        int place = _placeOf[index];
        _lists.Show(place == 0 ? default : _places[place - 1]);
        return ref _events[index];
    }
}
