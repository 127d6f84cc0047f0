namespace Handoff.Tracing.Recordings.Formats;

/// <summary>One event's format text, understood.</summary>
/// <param name="Name">The event's name.</param>
/// <param name="Id">Its number in this recording.</param>
/// <param name="Fields">All fields, common ones included.</param>
internal sealed record EventFormat(string Name, int Id, IReadOnlyList<FormatField> Fields)
{
    internal bool TryField(string name, out FormatField field)
    {
        foreach (var f in Fields)
        {
            if (f.Name == name)
            {
                field = f;
                return true;
            }
        }

        field = default;
        return false;
    }
}
