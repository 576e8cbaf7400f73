// Settings: the customer, and where webhooks go.
import { useQuery } from '@tanstack/react-query';
import { useClient } from '../../app/session.js';
import { chooseTheme, useTheme, type Theme } from '../../app/theme.js';
import { keys } from '../../data/query.js';
import { Copyable } from '../../ui/copy.js';
import { Page, Section } from '../../ui/page.js';
import { Failed, Loading } from '../../ui/states.js';
import { CustomerForm } from './customer-form.js';
import { SecretRotation } from './secret-rotation.js';
import { WebhookForm } from './webhook-form.js';
import './settings.css';

/** The page. */
export function SettingsPage() {
  const client = useClient();
  const { data, error, refetch } = useQuery({ queryKey: keys.customer(), queryFn: ({ signal }) => client.customer.get({ signal }) });
  return (
    <Page title="Settings">
      {data === undefined && (error ? <Failed error={error} retry={() => { void refetch(); }} /> : <Loading />)}
      {data && (
        <div className="settings">
          <Section title="Customer" about={<>Id <Copyable text={data.id} label="the customer's id" /></>}><CustomerForm customer={data} /></Section>
          <Section title="Webhook" about="Every step of every activeflow, call and message is sent there. A single activeflow can have a webhook of its own beside it."><WebhookForm customer={data} /></Section>
          <Section title="Webhook secret" about="Signs each delivery, so that the receiver knows it is from here."><SecretRotation /></Section>
          <Section title="Appearance" about="For this browser."><Appearance /></Section>
        </div>
      )}
    </Page>
  );
}

const THEMES: readonly (readonly [theme: Theme, word: string])[] = [['system', 'As the system'], ['light', 'Light'], ['dark', 'Dark']];

function Appearance() {
  const chosen = useTheme();
  return (
    <fieldset className="settings__themes">
      <legend className="only-read">Theme</legend>
      {THEMES.map(([theme, word]) => (
        <label key={theme}><input type="radio" name="theme" value={theme} checked={chosen === theme} onChange={() => { chooseTheme(theme); }} />{word}</label>
      ))}
    </fieldset>
  );
}
