namespace Handoff.Litmus.Exploration.Lines;

/// <summary>Numbers for byte strings (configurations) and for sorted lists of them (sets), so that equal things have equal numbers.</summary>
internal sealed class Interner<T>(IEqualityComparer<T[]> comparer)
    where T : unmanaged
{
    private readonly Dictionary<T[], int> _numbers = new(comparer);
    private readonly List<T[]> _items = [];

    public int Count => _items.Count;

    public T[] this[int number] => _items[number];

    public int Intern(T[] item)
    {
        if (_numbers.TryGetValue(item, out int number))
            return number;
        number = _items.Count;
        _numbers.Add(item, number);
        _items.Add(item);
        return number;
    }
}
